//! Images: the content-addressed store, the overlay builder and base images.
//!
//! Invariants: this is the only crate that names OCI types, and none of them is in its public interface. The same inputs
//! give the same bytes on every host: no time, address, key, path or version of the host goes into an image. A base
//! layer is referenced by its digest and never read to build on it. Bytes that come in from anywhere are hashed before
//! they get a name in the store, and hashed again when a whole blob is read back.
//!
//! Everything but [`import_reference`] and [`ensure_base`] blocks on disk: call it from a blocking thread.

pub mod base;
pub mod blobs;
pub mod config;
pub mod digest;
mod document;
pub mod error;
pub mod layer;
pub mod layout;
pub mod limits;
pub mod overlay;
pub mod registry;
#[cfg(test)]
mod testing;

pub use base::{BaseImage, RegistryAccess, ensure_base, import_layout, import_reference, load_base};
pub use blobs::{Alone, Blobs, Hold, Ingest, Pin, hold};
pub use config::{ImageConfig, Platform};
pub use digest::Digest;
pub use error::ImageError;
pub use layer::{Layer, source_layer};
pub use layout::write_layout;
pub use overlay::{BuiltImage, Descriptor, EncodedImage, Overlay};
