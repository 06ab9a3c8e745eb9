//! The component's bytes: the encoded module, then one custom section with the metadata.

use crate::metadata::{Metadata, World};
use std::borrow::Cow;
use wasm_encoder::{ComponentSection as _, CustomSection, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// The name of the component-level custom section that holds the metadata as JSON.
pub const SECTION: &str = "windlass:plugin";

/// How wit-bindgen ends the name of a section that describes a whole world.
const WHOLE_WORLD: &str = ":imports and exports";
/// How it ends the name of one that describes only the imports of a world that a library offers.
const OFFERED_WORLD: &str = "-with-all-of-its-exports-removed:encoded world";

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The bytes are not a core module.
    #[error("it is no core WebAssembly module")]
    NoModule(#[from] wasmparser::BinaryReaderError),
    /// The module's WIT sections are missing or unreadable.
    #[error("it does not say which WIT world it is for: build it with windlass-plugin-sdk or wit-bindgen")]
    NoWorld(#[source] anyhow::Error),
    /// The module imports or exports something else than its world.
    #[error("its imports or exports do not fit its WIT world (a WASI import never does)")]
    Misfit(#[source] anyhow::Error),
    /// The metadata names another world than the module.
    #[error("the metadata says `{0}`, but there is no export `{1}`: name the world that the module exports")]
    OtherWorld(World, &'static str),
    /// The metadata does not serialise.
    #[error("the metadata does not serialise")]
    Metadata(#[from] serde_json::Error),
}

/// Makes and validates the component; the metadata goes last, where a reader finds it without decoding code.
pub fn encode(module: &[u8], metadata: &Metadata) -> Result<Vec<u8>, EncodeError> {
    let module = without_offered_worlds(module)?;
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .map_err(EncodeError::NoWorld)?
        .encode()
        .map_err(EncodeError::Misfit)?;
    let export = metadata.world.export();
    if !exports(&component)?.any(|name| name == export) {
        return Err(EncodeError::OtherWorld(metadata.world, export));
    }
    let json = serde_json::to_vec(metadata)?;
    CustomSection { name: Cow::Borrowed(SECTION), data: Cow::Borrowed(&json) }.append_to_component(&mut component);
    Ok(component)
}

/// Leaves out the worlds that the SDK offers and the guest does not export; else their interfaces would be imported.
fn without_offered_worlds(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let payloads = Parser::new(0).parse_all(module).collect::<Result<Vec<_>, _>>()?;
    let custom_name = |payload: &Payload<'_>| match payload {
        Payload::CustomSection(section) => section.name().to_owned(),
        _ => String::new(),
    };
    if !payloads.iter().any(|payload| custom_name(payload).ends_with(WHOLE_WORLD)) {
        return Ok(module.to_vec());
    }
    let mut kept = wasm_encoder::Module::new();
    for payload in &payloads {
        if custom_name(payload).ends_with(OFFERED_WORLD) {
            continue;
        }
        if let Some((id, data)) = payload.as_section().and_then(|(id, range)| Some((id, slice(module, range)?))) {
            kept.section(&RawSection { id, data });
        }
    }
    Ok(kept.finish())
}

fn slice(bytes: &[u8], range: std::ops::Range<u64>) -> Option<&[u8]> {
    bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// The names of what the outermost component exports.
fn exports(component: &[u8]) -> Result<impl Iterator<Item = String>, EncodeError> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    names.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest core module: magic and version. It is no plugin, since it exports nothing.
    const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn metadata() -> Metadata {
        let json =
            br#"{"name":"x","version":"1.2.3","world":"strategy","wit":"1.0.0","description":"d","license":"MIT"}"#;
        crate::metadata::parse(json).expect("good")
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(matches!(encode(b"print('hello')", &metadata()), Err(EncodeError::NoModule(_))));
    }

    #[test]
    fn a_module_without_the_export_of_the_named_world_is_refused() {
        assert!(matches!(encode(EMPTY_MODULE, &metadata()), Err(EncodeError::OtherWorld(World::Strategy, "decide"))));
    }

    #[test]
    fn offered_worlds_are_left_out_only_beside_a_whole_one() {
        let module = |names: &[&str]| {
            let mut module = wasm_encoder::Module::new();
            for name in names {
                module.section(&CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(b"world") });
            }
            module.finish()
        };
        let (whole, offered) = (format!("component-type:a{WHOLE_WORLD}"), format!("component-type:b{OFFERED_WORLD}"));
        let both = without_offered_worlds(&module(&[&whole, &offered])).expect("good");
        assert_eq!(both, module(&[&whole]));
        let alone = without_offered_worlds(&module(&[&offered])).expect("good");
        assert_eq!(alone, module(&[&offered]));
    }
}
