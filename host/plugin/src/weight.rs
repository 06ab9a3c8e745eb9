//! Light and heavy guests. A guest that brings the interpreter of its language along is two hundred times as large as one in
//! Rust and runs a thousand times as long; each kind has an engine and places of its own, so that neither waits for the other.

use wasmparser::{Instance, Parser, Payload};

/// The largest light component, in bytes: Rust guests have up to 1 MB, JavaScript ones 12 MB, Python ones 18 MB.
pub const MAX_LIGHT_BYTES: usize = 4 * 1024 * 1024;
/// The core instances of a light component: a Rust guest has 3 (its module and two shims), a Python guest some 15.
pub const MAX_LIGHT_CORE_INSTANCES: u32 = 4;
/// The linear memories of a light component: a guest has one, and an adapter may bring another.
pub const MAX_LIGHT_MEMORIES: u32 = 2;
/// The tables of a light component: its own and those of the shims.
pub const MAX_LIGHT_TABLES: u32 = 4;

/// How much of the host a guest takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Fits a slot of the pool: instantiated in microseconds.
    Light,
    /// Anything else: made on demand, in a millisecond or so.
    Heavy,
}

/// Weighs a component, which was read before: what does not parse is heavy, and refused elsewhere.
#[must_use]
pub fn weigh(component: &[u8]) -> Weight {
    let is_light = component.len() <= MAX_LIGHT_BYTES && fits_a_slot(component).unwrap_or(false);
    if is_light { Weight::Light } else { Weight::Heavy }
}

fn fits_a_slot(component: &[u8]) -> Result<bool, wasmparser::BinaryReaderError> {
    let (mut instances, mut memories, mut tables) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::InstanceSection(section) => {
                for instance in section {
                    instances += u32::from(matches!(instance?, Instance::Instantiate { .. }));
                }
            }
            Payload::MemorySection(section) => memories += section.count(),
            Payload::TableSection(section) => tables += section.count(),
            _ => {}
        }
    }
    Ok(instances <= MAX_LIGHT_CORE_INSTANCES && memories <= MAX_LIGHT_MEMORIES && tables <= MAX_LIGHT_TABLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component of one module with so many memories, in the binary format.
    fn with_memories(count: u8) -> Vec<u8> {
        let memories = [vec![count], [0, 0].repeat(count.into())].concat();
        let size = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
        let module = [&b"\0asm\x01\0\0\0"[..], &[5, size(&memories)], &memories].concat();
        [&b"\0asm\x0d\0\x01\0"[..], &[1, size(&module)], &module].concat()
    }

    #[test]
    fn a_component_of_few_memories_is_light_and_of_many_heavy() {
        assert_eq!(weigh(&with_memories(2)), Weight::Light);
        assert_eq!(weigh(&with_memories(3)), Weight::Heavy);
    }

    #[test]
    fn size_alone_makes_heavy_and_so_does_rubbish() {
        let padded = |bytes: usize| {
            let mut component = b"\0asm\x0d\0\x01\0".to_vec();
            // A custom section whose length takes four bytes of LEB128.
            let length = u32::try_from(bytes - component.len() - 5).expect("small");
            let seven = |shift: u32| u8::try_from(length >> shift & 127).expect("seven bits");
            component.extend([0, seven(0) | 128, seven(7) | 128, seven(14) | 128, seven(21), 1, b'x']);
            component.resize(bytes, 0);
            component
        };
        assert_eq!(weigh(&padded(MAX_LIGHT_BYTES)), Weight::Light);
        assert_eq!(weigh(&padded(MAX_LIGHT_BYTES + 1)), Weight::Heavy);
        assert_eq!(weigh(b"rubbish"), Weight::Heavy);
    }
}
