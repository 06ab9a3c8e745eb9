//! The schemas of the wire's types, as requests take them and as answers show them.
//!
//! Invariants: `null` is the same as absence in a request, and never stands in an answer; the same name is the same schema.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

/// Where named schemas stand in the document.
const PLACE: &str = "#/components/schemas/";

/// The generators, and what they have named.
pub struct Schemas {
    asked: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = PLACE.trim_start_matches('#').trim_end_matches('/').to_owned().into();
                settings.meta_schema = None;
            })
        };
        Self { asked: settings().into_generator(), answered: settings().for_serialize().into_generator() }
    }
}

impl Schemas {
    /// The schema of a `T` in a request.
    pub fn asked<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.asked.subschema_for::<T>();
        takes_null(&mut schema);
        schema.into()
    }

    /// The schema of a `T` in an answer.
    pub fn answered<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.answered.subschema_for::<T>();
        without_null(&mut schema);
        schema.into()
    }

    /// The fields of a `T` in a request: names, schemas, and whether they must be there.
    pub fn fields<T: JsonSchema>(&mut self) -> Vec<(String, Value, bool)> {
        let mut schema = T::json_schema(&mut self.asked);
        // A parameter that is there is never null.
        without_null(&mut schema);
        let Value::Object(mut schema) = schema.into() else { return Vec::new() };
        let required = schema.remove("required").unwrap_or_default();
        let is_required = |name: &String| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let Some(Value::Object(fields)) = schema.remove("properties") else { return Vec::new() };
        fields.into_iter().map(|(name, schema)| (name.clone(), schema, is_required(&name))).collect()
    }

    /// All named schemas.
    pub fn into_components(mut self) -> Map<String, Value> {
        let mut all = Map::new();
        for (definitions, change) in [
            (self.asked.take_definitions(false), takes_null as fn(&mut Schema)),
            (self.answered.take_definitions(false), without_null),
        ] {
            for (name, definition) in definitions {
                let Ok(mut schema) = Schema::try_from(definition) else { continue };
                change(&mut schema);
                let schema = Value::from(schema);
                let there = all.entry(&name).or_insert_with(|| schema.clone());
                assert!(*there == schema, "two different schemas are called {name}");
            }
        }
        all
    }
}

/// The schema that requests have for `T`, in an answer: what was sent is shown as it came.
pub fn as_asked<T: JsonSchema>(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"$ref": format!("{PLACE}{}", T::schema_name())})
}

/// Lets a closed set hold null where its type does.
fn takes_null(schema: &mut Schema) {
    RecursiveTransform(|schema: &mut Schema| {
        let may_be_null =
            schema.get("type").and_then(Value::as_array).is_some_and(|types| types.contains(&"null".into()));
        if may_be_null
            && let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    })
    .transform(schema);
}

/// Takes null out of every type.
fn without_null(schema: &mut Schema) {
    RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|one| one != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".to_owned(), one);
            }
        }
        let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
        choices.retain(|choice| choice.get("type").is_none_or(|one| one != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                schema.insert(key, value);
            }
        }
    })
    .transform(schema);
}
