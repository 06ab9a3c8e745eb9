//! JavaScript and TypeScript, JSX included.

pub mod definitions;
pub mod imports;
pub mod jsonc;
pub mod scan;
