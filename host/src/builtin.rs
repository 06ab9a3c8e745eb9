//! The components that come inside the program. Ordinary ones: they pass the same gate as any other at each start.

include!(concat!(env!("OUT_DIR"), "/builtins.rs"));
