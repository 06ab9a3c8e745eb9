//! How much of anything we take, in bytes. Each limit is refused by name ([`crate::ImageError::TooLarge`]).

/// The largest manifest or index: what registries accept at least (OCI distribution spec 1.1, "Pushing Manifests").
pub const MAX_MANIFEST: u64 = 4 * 1024 * 1024;
/// The largest image configuration: the same bound, since both are read into memory whole.
pub const MAX_CONFIG: u64 = 4 * 1024 * 1024;
/// The largest single layer of a base image: 8 GiB, above the CUDA images that agents are built on.
pub const MAX_LAYER: u64 = 8 * 1024 * 1024 * 1024;
/// The most layers of a base image: Docker chains at most 125 (moby, `layer/layer_store.go`, `maxLayerDepth`), and ours
/// is one of them.
pub const MAX_LAYERS: usize = 124;
/// How deep an index may point to another index before an image is found.
pub const MAX_INDEX_DEPTH: usize = 4;
/// The largest blob that [`crate::Blobs::get`] reads into memory; larger ones are streamed with [`crate::Blobs::open`].
pub const MAX_IN_MEMORY: u64 = 64 * 1024 * 1024;
