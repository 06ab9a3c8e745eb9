//! Which distribution an import comes from.
//!
//! Invariant: the tables hold what the import's own name does not tell; anything else is the name itself, `_` as `-`.

mod table;

use crate::python::name::normal_name;
pub use table::TABLE_VERSION;
use table::{BROUGHT, DISTRIBUTIONS, GENERIC, SAME};

/// Names whose use needs a distribution beside the one they are imported from.
const NAMES: &[(&str, &str)] = &[("ChatOpenAI", "openai>=1.0"), ("OpenAIEmbeddings", "openai>=1.0")];

/// The requirements that can hold an import, the one to infer first; empty for a name that no one distribution owns.
#[must_use]
pub fn candidates(module: &str) -> Vec<String> {
    let mut prefix = module;
    loop {
        if let Ok(index) = DISTRIBUTIONS.binary_search_by_key(&prefix, |(import, _)| import) {
            let (_, held_by) = DISTRIBUTIONS[index];
            // `llama_index.llms.openai` is not `llama_index` alone.
            if !(prefix == "llama_index" && module.split('.').count() > 2) {
                return held_by.iter().map(ToString::to_string).collect();
            }
        }
        match prefix.rsplit_once('.') {
            Some((shorter, _)) => prefix = shorter,
            None => break,
        }
    }
    of_namespace(&module.split('.').collect::<Vec<_>>())
}

/// The distributions of packages that many share, and of a name that stands for itself.
fn of_namespace(parts: &[&str]) -> Vec<String> {
    let dashed = |parts: &[&str]| parts.join("-").replace('_', "-");
    match *parts {
        ["google", "cloud", service, ..] => {
            // `speech_v1p1beta1` is an interface of `speech`.
            let end = service.rfind("_v").filter(|at| service[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
            vec![format!("google-cloud-{}", dashed(&[&service[..end.unwrap_or(service.len())]]))]
        }
        ["azure", area, service, ..] => vec![dashed(&["azure", area, service])],
        ["opentelemetry", area @ ("exporter" | "instrumentation"), name, ..] => {
            vec![dashed(&["opentelemetry", area, name])]
        }
        ["opentelemetry", "sdk", ..] => vec!["opentelemetry-sdk".to_owned()],
        ["opentelemetry", ..] => vec!["opentelemetry-api".to_owned()],
        ["openinference", "instrumentation", name, ..] => vec![dashed(&["openinference-instrumentation", name])],
        ["livekit", "plugins", name, ..] => vec![dashed(&["livekit-plugins", name])],
        ["llama_index", "core", ..] => vec!["llama-index-core".to_owned()],
        ["llama_index", area, name, ..] => vec![dashed(&["llama-index", area, name]), "llama-index".to_owned()],
        ["haystack_integrations", .., name] => vec![format!("{}-haystack", dashed(&[name]))],
        ["" | "google" | "azure" | "openinference", ..] | [] | ["livekit", "plugins"] => Vec::new(),
        [first, ..] => vec![dashed(&[first])],
    }
}

/// True for an import whose distribution the tables know: a guess by name alone may be anybody's package.
#[must_use]
pub fn is_known(module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    SAME.binary_search(&first).is_ok()
        || DISTRIBUTIONS[DISTRIBUTIONS.partition_point(|(import, _)| *import < first)..]
            .first()
            .is_some_and(|(import, _)| import.split('.').next() == Some(first))
        || matches!(first, "opentelemetry" | "openinference" | "haystack_integrations")
}

/// True when whoever installs `declared` has `name` too, directly or by one step more; both are normalised.
#[must_use]
pub fn brings(declared: &str, name: &str) -> bool {
    let is_of =
        |pattern: &str, name: &str| pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start));
    let by = |name: &str| {
        BROUGHT
            .iter()
            .filter(|(brought, _)| *brought == name)
            .flat_map(|(_, by)| by.iter().copied())
            .collect::<Vec<_>>()
    };
    let direct = by(name);
    direct.iter().any(|pattern| is_of(pattern, declared))
        || direct.iter().flat_map(|middle| by(middle)).any(|pattern| is_of(pattern, declared))
}

/// Names that are a folder or a file of some project, never a package to install unseen.
#[must_use]
pub fn is_generic(module: &str) -> bool {
    GENERIC.binary_search(&module.split('.').next().unwrap_or(module)).is_ok()
}

/// What an imported name needs besides.
#[must_use]
pub fn needed_by_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, requirement)| *requirement)
}

/// The normalised project name (PEP 503) that a requirement starts with; none when it starts with none.
#[must_use]
pub fn project_name(requirement: &str) -> Option<String> {
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
    let name = &requirement[..end.unwrap_or(requirement.len())];
    let normal = normal_name(name);
    (!normal.is_empty() && !normal.starts_with('-')).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_known_prefix_names_the_distribution() {
        for (module, requirement) in [
            ("yaml", "PyYAML"),
            ("openai.types", "openai>=1.0"),
            ("fastapi.responses", "fastapi[standard]"),
            ("google.generativeai", "google-generativeai"),
            ("google.cloud.secret_manager", "google-cloud-secret-manager"),
            ("langgraph.checkpoint.sqlite.aio", "langgraph-checkpoint-sqlite"),
            ("langgraph.graph", "langgraph"),
            ("langchain_openai", "langchain-openai"),
            ("cv2", "opencv-python"),
            ("autogen", "ag2"),
            ("google.cloud.speech_v1p1beta1", "google-cloud-speech"),
            ("azure.ai.projects.models", "azure-ai-projects"),
            ("llama_index.llms.openai", "llama-index-llms-openai"),
            ("llama_index.core.tools", "llama-index-core"),
            ("livekit.plugins.silero", "livekit-plugins-silero"),
            ("opentelemetry.trace", "opentelemetry-api"),
        ] {
            assert_eq!(candidates(module)[0], requirement, "{module}");
        }
        assert_eq!(candidates("google"), Vec::<String>::new());
    }

    #[test]
    fn the_tables_are_in_order_and_that_of_same_names_knows_no_stranger() {
        assert!(SAME.is_sorted());
        assert!(DISTRIBUTIONS.is_sorted_by_key(|(import, _)| *import));
        assert!(is_known("requests") && is_known("google.cloud.x") && is_known("cv2"));
        assert!(is_generic("utils.x") && !is_generic("requests"));
        assert!(!is_known("helpers") && !is_known("my_company") && !is_known(""));
    }

    #[test]
    fn what_others_bring_is_known_and_the_rest_is_not() {
        assert!(brings("langchain-openai", "langchain-core") && brings("fastapi", "pydantic"));
        assert!(brings("openai", "pydantic-core") && brings("azure-identity", "azure-core"));
        assert!(!brings("langchain-core", "langchain-openai") && !brings("requests", "pydantic"));
    }

    #[test]
    fn names_are_normalised_as_pep_503_says() {
        assert_eq!(project_name("Foo.-_Bar[x]>=1 ; y").as_deref(), Some("foo-bar"));
        assert_eq!(project_name("./local"), None);
        assert_eq!(project_name(">=1"), None);
    }
}
