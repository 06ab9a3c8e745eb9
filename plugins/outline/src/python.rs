//! Python: its lines and literals, its imports, and where an import comes from.

pub mod distributions;
pub mod imports;
pub mod name;
pub mod scan;
pub mod standard_library;
