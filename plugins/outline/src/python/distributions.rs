//! Which distribution an import comes from.
//!
//! Invariant: the tables hold what the import's own name does not tell; anything else is the name itself, `_` as `-`.

use crate::python::name::normal_name;

/// Import (dotted, longest first) to the distributions that hold it. The first is what is inferred; one that is declared wins.
const DISTRIBUTIONS: &[(&str, &[&str])] = &[
    ("agents", &["openai-agents"]),
    ("attr", &["attrs"]),
    ("autogen", &["pyautogen", "ag2", "autogen"]),
    ("autogen_agentchat", &["autogen-agentchat"]),
    ("autogen_core", &["autogen-core"]),
    ("autogen_ext", &["autogen-ext"]),
    ("bs4", &["beautifulsoup4"]),
    ("crewai_tools", &["crewai-tools", "crewai[tools]"]),
    ("cv2", &["opencv-python", "opencv-python-headless", "opencv-contrib-python"]),
    ("dateutil", &["python-dateutil"]),
    ("discord", &["discord.py"]),
    ("docx", &["python-docx"]),
    ("dotenv", &["python-dotenv"]),
    ("duckduckgo_search", &["duckduckgo-search"]),
    ("fastapi", &["fastapi[standard]"]),
    ("fitz", &["PyMuPDF"]),
    ("git", &["GitPython"]),
    ("github", &["PyGithub"]),
    ("google.adk", &["google-adk"]),
    ("google.api_core", &["google-api-core"]),
    ("google.auth", &["google-auth"]),
    ("google.genai", &["google-genai"]),
    ("google.generativeai", &["google-generativeai"]),
    ("google.oauth2", &["google-auth"]),
    ("google.protobuf", &["protobuf"]),
    ("google_auth_oauthlib", &["google-auth-oauthlib"]),
    ("googleapiclient", &["google-api-python-client"]),
    ("grpc", &["grpcio"]),
    ("haystack", &["haystack-ai"]),
    ("jose", &["python-jose"]),
    ("jwt", &["PyJWT"]),
    ("langgraph.checkpoint.postgres", &["langgraph-checkpoint-postgres"]),
    ("langgraph.checkpoint.sqlite", &["langgraph-checkpoint-sqlite"]),
    ("llama_index", &["llama-index", "llama-index-core"]),
    ("magic", &["python-magic"]),
    ("markdown", &["Markdown"]),
    ("MySQLdb", &["mysqlclient"]),
    ("OpenSSL", &["pyOpenSSL"]),
    ("openai", &["openai>=1.0"]),
    ("PIL", &["Pillow"]),
    ("pptx", &["python-pptx"]),
    ("psycopg2", &["psycopg2-binary", "psycopg2"]),
    ("pydantic_ai", &["pydantic-ai", "pydantic-ai-slim"]),
    ("semantic_kernel", &["semantic-kernel"]),
    ("serpapi", &["google-search-results", "serpapi"]),
    ("sklearn", &["scikit-learn"]),
    ("slack_sdk", &["slack-sdk"]),
    ("strands", &["strands-agents"]),
    ("telegram", &["python-telegram-bot"]),
    ("yaml", &["PyYAML"]),
    ("zmq", &["pyzmq"]),
];

/// Names whose use needs a distribution beside the one they are imported from.
const NAMES: &[(&str, &str)] = &[("ChatOpenAI", "openai>=1.0"), ("OpenAIEmbeddings", "openai>=1.0")];

/// The requirements that can hold an import, the one to infer first; empty for a name that no one distribution owns.
pub fn candidates(module: &str) -> Vec<String> {
    let mut prefix = module;
    loop {
        if let Some((_, held_by)) = DISTRIBUTIONS.iter().find(|(import, _)| *import == prefix) {
            return held_by.iter().map(ToString::to_string).collect();
        }
        match prefix.rsplit_once('.') {
            Some((shorter, _)) => prefix = shorter,
            None => break,
        }
    }
    match module.split('.').collect::<Vec<_>>().as_slice() {
        ["google", "cloud", service, ..] => vec![format!("google-cloud-{}", service.replace('_', "-"))],
        ["google", ..] | [""] | [] => Vec::new(),
        [first, ..] => vec![first.replace('_', "-")],
    }
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
        ] {
            assert_eq!(candidates(module)[0], requirement, "{module}");
        }
        assert_eq!(candidates("google"), Vec::<String>::new());
    }

    #[test]
    fn names_are_normalised_as_pep_503_says() {
        assert_eq!(project_name("Foo.-_Bar[x]>=1 ; y").as_deref(), Some("foo-bar"));
        assert_eq!(project_name("./local"), None);
        assert_eq!(project_name(">=1"), None);
    }
}
