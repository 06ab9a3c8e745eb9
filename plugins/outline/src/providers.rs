//! Who serves a model: by the host that is called, by the class that calls it, by the model's own name.
//!
//! Adding a provider is one line of [`PROVIDERS`]; adding a family of models is one of [`FAMILIES`].

mod table;

use table::{FAMILIES, ORGANISATIONS, PROVIDERS};

/// Which of [`FAMILIES`] have a byte of ASCII as their first and as their second, a bit each: most texts begin
/// like none.
const FAMILIES_BY_START: [[u128; 128]; 2] = {
    let mut of = [[0; 128]; 2];
    let mut index = 0;
    while index < FAMILIES.len() {
        let word = FAMILIES[index].0.as_bytes();
        of[0][word[0] as usize] |= 1 << index;
        of[1][word[1] as usize] |= 1 << index;
        index += 1;
    }
    of
};

/// The longest text that can be a model's name, in bytes.
const LONGEST_MODEL: usize = 100;

/// The provider that a host serves models of.
#[must_use]
pub fn of_host(host: &str) -> Option<&'static str> {
    let serves = |pattern: &&str| {
        if pattern.starts_with(['.', '-']) {
            // Of Amazon's hosts only Bedrock's serve models.
            host.ends_with(*pattern) && (*pattern != ".amazonaws.com" || host.starts_with("bedrock"))
        } else {
            host == *pattern
        }
    };
    PROVIDERS.iter().find(|provider| provider.hosts.iter().any(serves)).map(|provider| provider.id)
}

/// Where the provider's own SDK calls; none where that depends on the account.
#[must_use]
pub fn host_of(provider: &str) -> Option<&'static str> {
    let found = PROVIDERS.iter().find(|known| known.id == provider && provider != "ollama")?;
    found.hosts.first().copied().filter(|host| !host.starts_with('.'))
}

/// The provider whose classes and functions are called so: `ChatOpenAI`, `createAnthropic`, `groq`.
#[must_use]
pub fn of_callee(callee: &str) -> Option<&'static str> {
    if callee.is_empty() {
        return None;
    }
    let callee = callee.to_ascii_lowercase();
    // `OpenAIServerModel`, `OpenAILike`: anybody's server that speaks OpenAI's protocol.
    if callee.contains("openaiserver") || callee.contains("openailike") || callee.contains("openaicompatible") {
        return None;
    }
    PROVIDERS
        .iter()
        .find(|provider| provider.words.iter().any(|word| callee.contains(word)))
        .map(|provider| provider.id)
}

/// The provider that a prefix such as `vertex_ai` names.
#[must_use]
pub fn of_prefix(prefix: &str) -> Option<&'static str> {
    let found = PROVIDERS.iter().find(|known| known.id == prefix || known.prefixes.contains(&prefix));
    found.map(|provider| provider.id)
}

/// A model's name, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model<'a> {
    /// Its name without the provider's prefix.
    pub name: &'a str,
    /// Who serves it, as far as the name tells.
    pub provider: Option<&'static str>,
}

/// Reads `provider/model`, `provider:model` or the name of a known family; none for a text that is no model's name as far
/// as its own words tell.
#[must_use]
pub fn model(text: &str) -> Option<Model<'_>> {
    // Nearly every text ends here.
    let (is_short, family) = (text.len() <= LONGEST_MODEL, family(text));
    let has_prefix = is_short && text.bytes().fold(0, |has, byte| has | u8::from(matches!(byte, b'/' | b':'))) == 1;
    if !is_short || !has_prefix && family.is_none() || !can_be_model(text) {
        return None;
    }
    if let Some((prefix, name)) = text.split_once(['/', ':']) {
        if let Some(provider) = of_prefix(prefix).filter(|_| can_be_model(name)) {
            return Some(Model { name, provider: Some(provider) });
        }
        if text.contains('/') && ORGANISATIONS.contains(&prefix.to_ascii_lowercase().as_str()) && !name.is_empty() {
            return Some(Model { name: text, provider: None });
        }
    }
    let (word, provider) = family?;
    let rest = &text[word.len()..];
    // A family is followed by a version or a size: `o1`, `o1-mini`, `llama3`, and not `o1x`, `commander`, `gpt-`.
    let is_whole = rest.is_empty() && !word.ends_with(['-', '.', '/']);
    let follows = if word.ends_with(['-', '.', '/']) {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    } else {
        rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '/' | '_'))
    };
    (is_whole || follows).then_some(Model { name: text, provider })
}

/// The family whose word a text starts with, in any case, and who serves it.
fn family(text: &str) -> Option<(&'static str, Option<&'static str>)> {
    let start = text.as_bytes().first_chunk::<2>()?.map(|byte| byte.to_ascii_lowercase());
    let of = |place: usize| FAMILIES_BY_START[place].get(usize::from(start[place]));
    let mut left = of(0)? & of(1)?;
    while left != 0 {
        let (word, provider) = FAMILIES[left.trailing_zeros() as usize];
        if text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            return Some((word, provider));
        }
        left &= left - 1;
    }
    None
}

/// True when nothing in the text forbids that it is a model's name.
#[must_use]
pub fn can_be_model(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_MODEL
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b':' | b'/' | b'@'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains("://")
}

/// What a model is for, by the words around it: its callee, its variable or keyword, its own name.
#[must_use]
pub fn role(words: &[&str]) -> &'static str {
    let holds = |needles: &[&str]| {
        words.iter().any(|word| {
            let word = word.to_ascii_lowercase();
            needles.iter().any(|needle| word.contains(needle))
        })
    };
    if holds(&["rerank", "crossencoder", "cross-encoder"]) {
        "reranking"
    } else if holds(&["embed", "sentencetransformer", "sentence-transformers", "bge-", "minilm"]) {
        "embedding"
    } else if holds(&["classif", "moderation"]) {
        "classify"
    } else if holds(&["chat", "message", "converse", "responses"]) {
        "chat"
    } else {
        "default"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_models_are_known_and_others_are_not() {
        for (host, provider) in [
            ("api.openai.com", "openai"),
            ("acme.openai.azure.com", "azure"),
            ("bedrock-runtime.us-east-1.amazonaws.com", "bedrock"),
            ("us-central1-aiplatform.googleapis.com", "google"),
            ("openrouter.ai", "openrouter"),
        ] {
            assert_eq!(of_host(host), Some(provider), "{host}");
        }
        for host in ["s3.amazonaws.com", "openai.com.evil.org", "calendar.googleapis.com", ""] {
            assert_eq!(of_host(host), None, "{host}");
        }
    }

    #[test]
    fn classes_tell_their_provider_the_narrower_word_first() {
        for (callee, provider) in [
            ("ChatOpenAI", Some("openai")),
            ("AzureChatOpenAI", Some("azure")),
            ("ChatGoogleGenerativeAI", Some("google")),
            ("createAnthropic", Some("anthropic")),
            ("ChatBedrockConverse", Some("bedrock")),
            ("OpenAIServerModel", None),
            ("Agent", None),
            ("", None),
        ] {
            assert_eq!(of_callee(callee), provider, "{callee}");
        }
    }

    #[test]
    fn a_model_is_read_with_its_provider() {
        for (text, name, provider) in [
            ("openai:gpt-4o", "gpt-4o", Some("openai")),
            ("anthropic/claude-sonnet-4-0", "claude-sonnet-4-0", Some("anthropic")),
            ("vertex_ai/gemini-2.0-flash", "gemini-2.0-flash", Some("google")),
            ("openrouter/anthropic/claude-3.5-sonnet", "anthropic/claude-3.5-sonnet", Some("openrouter")),
            ("gpt-4o-mini", "gpt-4o-mini", Some("openai")),
            ("o3", "o3", Some("openai")),
            ("llama3.2:3b", "llama3.2:3b", None),
            ("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct", None),
            (
                "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                Some("bedrock"),
            ),
        ] {
            assert_eq!(model(text), Some(Model { name, provider }), "{text}");
        }
        for text in [
            "gpt-",
            "o1x",
            "commander",
            "a b",
            "",
            "gpt-{x}",
            "https://gpt-4",
            "sonarqube",
            "house-model",
            "openai/",
            "/gpt-4",
        ] {
            assert_eq!(model(text), None, "{text}");
        }
    }

    #[test]
    fn the_words_around_a_model_tell_its_role() {
        assert_eq!(role(&["OpenAIEmbeddings"]), "embedding");
        assert_eq!(role(&["CohereRerank", "model"]), "reranking");
        assert_eq!(role(&["create", "CLASSIFIER_MODEL"]), "classify");
        assert_eq!(role(&["ChatOpenAI"]), "chat");
        assert_eq!(role(&["Agent"]), "default");
    }

    #[test]
    fn the_host_of_a_provider_is_where_its_own_sdk_calls() {
        assert_eq!(host_of("openai"), Some("api.openai.com"));
        for provider in ["azure", "ollama", "nobody"] {
            assert_eq!(host_of(provider), None);
        }
    }
}
