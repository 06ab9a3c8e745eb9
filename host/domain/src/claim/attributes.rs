//! The attributes of a claim: names and values in the order given, where a name may come several times.
//!
//! As JSON they are an object: a name that comes once has a text, one that comes again has a list of texts.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The value of an attribute as JSON: a text, or a list of texts.
#[derive(schemars::JsonSchema)]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "the shape alone is read")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Names and values, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every value of that name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl FromIterator<(String, String)> for Attributes {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut places = BTreeMap::new();
        let mut grouped: Vec<(&String, Vec<&String>)> = Vec::new();
        for (name, value) in self.iter() {
            let place = *places.entry(name).or_insert(grouped.len());
            if place == grouped.len() {
                grouped.push((name, Vec::new()));
            }
            grouped[place].1.push(value);
        }
        let mut map = serializer.serialize_map(Some(grouped.len()))?;
        for (name, values) in grouped {
            match values.as_slice() {
                [value] => map.serialize_entry(name, value)?,
                values => map.serialize_entry(name, values)?,
            }
        }
        map.end()
    }
}

/// One text, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts, or of lists of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, values)) = map.next_entry::<String, Values>()? {
                    match values {
                        Values::One(value) => pairs.push((name, value)),
                        Values::Many(values) => pairs.extend(values.into_iter().map(|value| (name.clone(), value))),
                    }
                }
                Ok(Attributes(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_again_is_a_list_and_comes_back_in_order() {
        let pairs = [("object", "cli"), ("arg", "start"), ("arg", "--now")];
        let attributes: Attributes =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let json = serde_json::to_string(&attributes).expect("texts serialise");
        assert_eq!(json, r#"{"object":"cli","arg":["start","--now"]}"#);
        assert_eq!(serde_json::from_str::<Attributes>(&json).expect("its own form"), attributes);
        assert_eq!(attributes.all("arg").collect::<Vec<_>>(), ["start", "--now"]);
        assert_eq!((attributes.get("object"), attributes.get("none")), (Some("cli"), None));
    }
}
