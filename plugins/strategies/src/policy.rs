//! What the built-in strategies differ in. Everything else about a decision they share.

/// How eager a strategy is to reuse a runtime image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The cheapest way that holds everything that is required.
    Standard,
    /// A full build for all but a given image: nothing runs in an image that others share.
    AlwaysFullBuild,
    /// The source is mounted into a running environment wherever it holds what is *declared*; what is only inferred and
    /// missing costs a warning.
    Fastest,
}
