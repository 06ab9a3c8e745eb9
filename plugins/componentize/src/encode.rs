//! The component's bytes: the encoded module, then one custom section with the metadata.

use crate::metadata::Metadata;
use anyhow::{Context as _, Result};
use std::borrow::Cow;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::ComponentEncoder;

/// The name of the component-level custom section that holds the metadata as JSON.
pub const SECTION: &str = "windlass:plugin";

/// Makes and validates the component; the metadata goes last, where a reader finds it without decoding code.
pub fn encode(module: &[u8], metadata: &Metadata) -> Result<Vec<u8>> {
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .context("it is no core module that was built with windlass-plugin-sdk or wit-bindgen")?
        .encode()
        .context("its imports or exports do not fit its WIT world (a WASI import is one that never fits)")?;
    let json = serde_json::to_vec(metadata)?;
    CustomSection { name: Cow::Borrowed(SECTION), data: Cow::Borrowed(&json) }.append_to_component(&mut component);
    Ok(component)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Parser, Payload};

    /// The smallest core module: magic and version.
    const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn metadata() -> Metadata {
        let json = br#"{"name":"x","version":"1.2.3","world":"strategy","wit":"1.0.0","description":"d","license":"MIT"}"#;
        crate::metadata::parse(json).expect("good")
    }

    #[test]
    fn the_metadata_is_a_section_of_the_component_itself() {
        let component = encode(EMPTY_MODULE, &metadata()).expect("encodes");
        wasmparser::validate(&component).expect("valid");
        let last = Parser::new(0).parse_all(&component).filter_map(Result::ok).filter_map(|payload| match payload {
            Payload::CustomSection(section) if section.name() == SECTION => Some(section.data().to_vec()),
            _ => None,
        });
        let sections: Vec<_> = last.collect();
        assert_eq!(sections.len(), 1);
        assert_eq!(crate::metadata::parse(&sections[0]).expect("reads back"), metadata());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(encode(b"print('hello')", &metadata()).is_err());
    }
}
