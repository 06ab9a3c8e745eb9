//! What string literals show: tools, destinations and models. Docstrings and comments show nothing.

use crate::modules::Module;
use std::collections::HashSet;
use windlass_outline::python::scan::Literal;
use windlass_outline::{toolname, urls};
use windlass_plugin_sdk::Claims;

/// The prefix of the environment variables that carry a tool's address.
const TOOL_URL: &str = "TOOL_URL_";
/// The longest literal that can be a model's name, in bytes.
const LONGEST_MODEL: usize = 80;

/// What was claimed already: each tool, destination and model is claimed where it is first seen.
#[derive(Debug, Default)]
pub struct Seen(HashSet<(&'static str, String)>);

impl Seen {
    fn first(&mut self, kind: &'static str, value: &str) -> bool {
        self.0.insert((kind, value.to_owned()))
    }
}

/// Claims what the literals of one file show; `weight` scales the scores.
pub fn claim(module: &Module<'_>, weight: f32, seen: &mut Seen, claims: &mut Claims) {
    let mut skip = false;
    for (at, literal) in module.literals.iter().enumerate() {
        if std::mem::take(&mut skip) || literal.is_statement() {
            continue;
        }
        if let Some(name) = literal.text.strip_prefix(TOOL_URL).filter(|_| reads_environment(literal.before)) {
            let default = module.literals.get(at + 1).and_then(|next| default_of(literal, next));
            skip = default.is_some();
            claim_variable(module, literal, name, default, weight, seen, claims);
        } else if let Some(url) = urls::parse(literal.text) {
            claim_url(module, literal, url, weight, seen, claims);
        } else if let Some(call) = names_model(literal) {
            claim_model(module, literal, call, weight, seen, claims);
        }
    }
}

/// True behind `os.environ[`, `environ.get(`, `getenv(`.
fn reads_environment(before: &str) -> bool {
    let before = before.trim_end();
    ["environ[", "environ.get(", "getenv(", "environ.setdefault("].iter().any(|end| before.ends_with(end))
}

/// The URL that `next` gives as the default of the variable that `literal` names.
fn default_of<'a>(literal: &Literal<'_>, next: &Literal<'a>) -> Option<&'a str> {
    let between = next.before.get(literal.before.len()..)?;
    let between = between.trim_start_matches(|c: char| c.is_ascii_alphabetic()).get(literal.text.len() + 2..)?;
    (between.trim() == "," && urls::parse(next.text).is_some()).then_some(next.text)
}

fn claim_variable(
    module: &Module<'_>,
    literal: &Literal<'_>,
    name: &str,
    default: Option<&str>,
    weight: f32,
    seen: &mut Seen,
    claims: &mut Claims,
) {
    if name.is_empty() || !name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_') {
        return;
    }
    let tool = name.to_ascii_lowercase().replace('_', "-");
    let tool = tool.trim_matches('-');
    if !tool.is_empty() && seen.first("tool", tool) {
        let draft = claims.tool(tool, 0.95 * weight).at(module.path, literal.line).rule("tool-url-variable");
        let draft = draft.attribute("env", literal.text);
        if let Some(url) = default {
            draft.attribute("base_url", url);
        }
    }
}

fn claim_url(
    module: &Module<'_>,
    literal: &Literal<'_>,
    url: urls::HttpUrl<'_>,
    weight: f32,
    seen: &mut Seen,
    claims: &mut Claims,
) {
    let place = url.place();
    if matches!(place, urls::Place::Local | urls::Place::Text) {
        return;
    }
    if seen.first("destination", url.host) {
        claims.destination(url.host, 0.8 * weight).at(module.path, literal.line).rule("url");
    }
    if place != urls::Place::Service || !seen.first("tool-url", url.base) {
        return;
    }
    let draft = claims.tool(toolname::of_host(url.host), 0.8 * weight).at(module.path, literal.line).rule("url");
    draft.attribute("base_url", url.base);
}

/// The callee around `model="…"`, possibly empty; none when the literal is no model's name.
fn names_model<'a>(literal: &Literal<'a>) -> Option<&'a str> {
    let before = literal.before.trim_end();
    let before = before.strip_suffix('=').map(str::trim_end)?;
    let before = ["model_name", "model_id", "model"].iter().find_map(|name| before.strip_suffix(name))?;
    let is_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    let text = literal.text;
    let is_name = !text.is_empty() && text.len() <= LONGEST_MODEL && !text.contains([' ', '{', '\n', '\\']);
    if is_word || !is_name {
        return None;
    }
    let open = before.rfind('(').unwrap_or(before.len());
    let callee = before[..open].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
    callee.or(Some(""))
}

fn claim_model(
    module: &Module<'_>,
    literal: &Literal<'_>,
    callee: &str,
    weight: f32,
    seen: &mut Seen,
    claims: &mut Claims,
) {
    let (provider, model) = provider_and_model(callee, literal.text);
    if seen.first("model", model) {
        let draft = claims.model(model, 0.8 * weight).at(module.path, literal.line).rule("model-argument");
        if let Some(provider) = provider {
            draft.attribute("provider", provider);
        }
    }
}

/// By `provider/model` or `provider:model`, by the callee, then by the model's own name.
fn provider_and_model<'a>(callee: &str, text: &'a str) -> (Option<&'a str>, &'a str) {
    const PROVIDERS: [&str; 8] = ["openai", "anthropic", "google", "bedrock", "ollama", "mistral", "groq", "cohere"];
    if let Some((provider, model)) = text.split_once(['/', ':']).filter(|(provider, _)| PROVIDERS.contains(provider)) {
        return (Some(provider), model);
    }
    let callee = callee.to_ascii_lowercase();
    let by_callee = PROVIDERS.iter().find(|provider| callee.contains(**provider));
    let by_name = || {
        let prefixes: &[(&str, &str)] = &[
            ("gpt-", "openai"),
            ("chatgpt-", "openai"),
            ("o1", "openai"),
            ("o3", "openai"),
            ("o4", "openai"),
            ("text-embedding-", "openai"),
            ("claude", "anthropic"),
            ("gemini", "google"),
            ("mistral", "mistral"),
            ("command-r", "cohere"),
        ];
        prefixes.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, provider)| *provider)
    };
    (by_callee.copied().or_else(by_name), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::{Claim, kind};

    fn claimed(text: &str) -> Claims {
        let mut claims = Claims::default();
        claim(&Module::read("agent.py", text), 1.0, &mut Seen::default(), &mut claims);
        claims
    }

    fn values(claims: &Claims, kind: &str) -> Vec<String> {
        claims.of_kind(kind).map(|claim| claim.value.clone()).collect()
    }

    fn only(text: &str, kind: &str) -> Claim {
        let claims = claimed(text);
        let mut found = claims.of_kind(kind).cloned();
        let first = found.next().expect("one");
        assert_eq!(found.next(), None);
        first
    }

    #[test]
    fn a_called_url_is_a_tool_and_a_destination() {
        let text = "import requests\nrequests.get(f\"https://api.stripe.com/v1/charges/{x}\")\n";
        let tool = only(text, kind::TOOL);
        assert_eq!((tool.value.as_str(), tool.place().as_str()), ("stripe-api", "agent.py:2"));
        assert_eq!(tool.attribute("base_url"), Some("https://api.stripe.com"));
        assert_eq!(only(text, kind::DESTINATION).value, "api.stripe.com");
    }

    #[test]
    fn urls_in_comments_docstrings_and_model_endpoints_are_no_tools() {
        let text = "\"\"\"See\n\"\"\"\n# https://api.a.com\ndef f():\n    'https://api.b.com'\nX = 'https://api.openai.com/v1'\nY = 'http://localhost:8080'\n";
        assert_eq!(values(&claimed(text), kind::TOOL), Vec::<String>::new());
        assert_eq!(values(&claimed(text), kind::DESTINATION), ["api.openai.com"]);
    }

    #[test]
    fn a_tool_variable_is_a_tool_with_its_default_as_the_url() {
        let tool = only("U = os.environ.get(\"TOOL_URL_STRIPE_API\", \"http://stripe.local:1/x\")\n", kind::TOOL);
        assert_eq!(tool.value, "stripe-api");
        assert_eq!(tool.attribute("env"), Some("TOOL_URL_STRIPE_API"));
        assert_eq!(tool.attribute("base_url"), Some("http://stripe.local:1/x"));
        for text in ["os.environ['TOOL_URL_X_Y']\n", "f(os.getenv( 'TOOL_URL_X_Y'))\n"] {
            let tool = only(text, kind::TOOL);
            assert_eq!((tool.value.as_str(), tool.attribute("base_url")), ("x-y", None));
        }
    }

    #[test]
    fn a_name_that_is_not_read_from_the_environment_is_no_tool() {
        for text in [
            "x = 'TOOL_URL_X'\n",
            "os.environ['OTHER_URL']\n",
            "os.environ['TOOL_URL_']\n",
            "os.environ['TOOL_URL_x']\n",
        ] {
            assert_eq!(values(&claimed(text), kind::TOOL), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn models_know_their_provider() {
        for (text, model, provider) in [
            ("ChatOpenAI(model=\"gpt-4o\", temperature=0)\n", "gpt-4o", Some("openai")),
            ("ChatAnthropic(\n  model_name='claude-x')\n", "claude-x", Some("anthropic")),
            ("Agent(llm, model='groq/llama-3')\n", "llama-3", Some("groq")),
            ("create(model = 'house-model')\n", "house-model", None),
        ] {
            let claim = only(text, kind::MODEL);
            assert_eq!((claim.value.as_str(), claim.attribute("provider")), (model, provider));
        }
        for text in ["data_model='x'\n", "model=f'{y}'\n", "model='a b'\n", "if model == 'gpt-4o': pass\n"] {
            assert_eq!(values(&claimed(text), kind::MODEL), Vec::<String>::new(), "{text}");
        }
    }
}
