//! One test binary: every test through the real router.
