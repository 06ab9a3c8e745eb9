//! JavaScript and TypeScript, JSX included.

pub mod aliases;
pub mod definitions;
pub mod imports;
pub mod json;
pub mod jsonc;
pub mod manifest;
pub mod resolve;
pub mod scan;
pub mod sources;
