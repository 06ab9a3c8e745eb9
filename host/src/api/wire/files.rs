//! A map of paths to contents, as requests carry it. The same key twice is refused: JSON would let the last one win.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use windlass_domain::Invalid;
use windlass_domain::source::{MAX_FILES, MAX_PATH};

/// Paths and contents, and the first path that came again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Files {
    contents: BTreeMap<String, String>,
    again: Option<String>,
}

impl Files {
    /// The map; `field` is the request's field that it came in.
    pub fn into_map(self, field: &str) -> Result<BTreeMap<String, String>, Invalid> {
        let Some(path) = self.again else { return Ok(self.contents) };
        let message = format!("the path `{}` is given twice", path.escape_debug());
        Err(Invalid::new("duplicate_path", field, message, "give each file once"))
    }
}

/// The map of a field that may be absent.
pub fn map_of(files: Option<Files>, field: &str) -> Result<Option<BTreeMap<String, String>>, Invalid> {
    files.map(|files| files.into_map(field)).transpose()
}

impl JsonSchema for Files {
    fn schema_name() -> Cow<'static, str> {
        "Files".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Paths, relative and without `..`, and what the files hold. At most 16 MiB together.",
            "type": "object",
            "propertyNames": {"minLength": 1, "maxLength": MAX_PATH},
            "additionalProperties": {"type": "string"},
            "maxProperties": MAX_FILES,
        })
    }
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Files;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Files, A::Error> {
                let mut files = Files::default();
                while let Some((path, content)) = map.next_entry::<String, String>()? {
                    match files.contents.entry(path) {
                        Entry::Vacant(free) => {
                            free.insert(content);
                        }
                        Entry::Occupied(taken) => {
                            files.again.get_or_insert_with(|| taken.key().clone());
                        }
                    }
                }
                Ok(files)
            }
        }

        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<BTreeMap<String, String>, Invalid> {
        serde_json::from_str::<Files>(json).expect("a map of texts").into_map("files")
    }

    #[test]
    fn a_path_that_comes_twice_is_named_and_one_that_comes_once_is_taken() {
        assert_eq!(parse(r#"{"b.py": "1", "a.py": "2"}"#).expect("good").len(), 2);
        let refused = parse(r#"{"a.py": "1", "b.py": "2", "a.py": "1"}"#).expect_err("twice");
        assert_eq!((refused.code, refused.field.as_str()), ("duplicate_path", "files"));
        assert!(refused.message.contains("`a.py`"), "{refused}");
        assert!(serde_json::from_str::<Files>(r#"["a.py"]"#).is_err());
    }
}
