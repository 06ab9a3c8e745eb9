//! The tests of Windlass live in `suite/`.
