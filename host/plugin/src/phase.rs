//! The phases of the gate, for those who watch an install.

/// What an install is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reads what the component says of itself, before anything else of it is looked at.
    Metadata,
    /// Compiles its patterns in a child process.
    Patterns,
    /// Validates the component.
    Validate,
    /// Compiles it in a child process.
    Compile,
    /// Links it to what its world may import.
    Link,
    /// Makes one instance.
    Instantiate,
    /// Calls it once.
    Smoke,
    /// Makes it known.
    Publish,
}

impl Phase {
    /// All, in their order.
    pub const ALL: [Self; 8] = [
        Self::Metadata,
        Self::Patterns,
        Self::Validate,
        Self::Compile,
        Self::Link,
        Self::Instantiate,
        Self::Smoke,
        Self::Publish,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Patterns => "patterns",
            Self::Validate => "validate",
            Self::Compile => "compile",
            Self::Link => "link",
            Self::Instantiate => "instantiate",
            Self::Smoke => "smoke",
            Self::Publish => "publish",
        }
    }
}
