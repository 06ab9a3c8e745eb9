//! Windlass: image.
