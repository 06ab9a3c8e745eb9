//! Models: which ones the code names, who serves them, and what for.

use crate::imports::Target;
use crate::sources::Module;
use windlass_findings::models::{MOST, Use, claim_host, each_once};
use windlass_findings::{At, last_part};
use windlass_outline::javascript::imports::ImportKind;
use windlass_outline::javascript::scan::{Literal, Scan};
use windlass_outline::providers;
use windlass_plugin_sdk::Claims;

/// The models of a project.
#[derive(Debug, Default)]
pub struct Models {
    found: Vec<Use>,
}

impl Models {
    /// A literal that may name a model.
    pub fn literal<'p>(&mut self, scan: &Scan<'_>, literal: &Literal<'_>, at: impl Fn() -> At<'p>) {
        let text = literal.text;
        if !providers::can_be_model(text) {
            return;
        }
        let before = literal.before.trim_end();
        let (callee, key) = (scan.callee(literal), literal.key().unwrap_or_default());
        let is_first = before.ends_with('(');
        // Cheap questions first: this is asked of each short literal.
        let may_be = if is_first {
            text.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '/' | ':'))
        } else {
            before.ends_with([':', '=']) && says_model(key) || before.ends_with("??") || before.ends_with("||")
        };
        if !may_be {
            return;
        }
        let by_callee = provider_of(callee);
        let known = providers::model(text);
        let says_model = says_model(key);
        let is_named = if is_first {
            by_callee.is_some() && known.is_some()
                || calls_for_model(callee)
                || by_callee.is_some() && is_lower(callee) && text.contains(|c: char| c.is_ascii_digit())
        } else {
            says_model && (known.is_some() || by_callee.is_some()) || known.is_some() && is_default(before)
        };
        if !is_named || before.ends_with("==") {
            return;
        }
        let (name, prefixed) = known.map_or((text, None), |model| (model.name, model.provider));
        let is_prefixed = name.len() < text.len();
        let provider = if is_prefixed { prefixed } else { by_callee.or(prefixed) };
        let variable = if says_model { key } else { "" };
        let At { file, line, weight } = at();
        self.found.push(Use {
            name: Some(name.to_owned()),
            provider,
            role: providers::role(&[last_part(callee), variable, text]),
            variable: variable.to_owned(),
            score: 0.8 * weight,
            file: file.to_owned(),
            line,
            rule: if is_first { "model-argument" } else { "model-name" },
        });
    }

    /// A URL of a provider.
    pub fn url(&mut self, provider: &'static str, at: At<'_>) {
        self.unnamed(provider, "provider-url", at);
    }

    /// The providers whose packages a module imports.
    pub fn imports(&mut self, module: &Module<'_>, targets: &[Target<'_>], weight: f32) {
        for (import, target) in module.imports.iter().zip(targets) {
            let Target::Package(name) = target else { continue };
            if let Some(provider) = provider_of_package(name).filter(|_| import.kind != ImportKind::Type) {
                self.unnamed(provider, "import", At { file: module.path, line: import.line, weight });
            }
        }
    }

    fn unnamed(&mut self, provider: &'static str, rule: &'static str, at: At<'_>) {
        self.found.push(Use::unnamed(provider, rule, "", at));
    }

    /// Claims each model once for each role, then the providers of which no model is named, then where their SDKs call.
    pub fn claim(self, claims: &mut Claims) {
        let mut claimed = each_once(self.found);
        claimed.truncate(MOST);
        for found in &claimed {
            found.claim(claims);
        }
        for found in claimed.iter().filter(|found| found.rule != "provider-url" && found.score >= 0.5) {
            if let Some(host) = found.provider.and_then(providers::host_of) {
                claim_host(host, &found.file, found.line, claims);
            }
        }
    }
}

/// The provider that a call names, in its last part or before: `openai.chat(`, `createAnthropic(`, `ChatOpenAI(`.
fn provider_of(callee: &str) -> Option<&'static str> {
    callee.rsplit('.').find_map(providers::of_callee)
}

/// True for calls whose first argument is a model whatever its name.
fn calls_for_model(callee: &str) -> bool {
    matches!(
        last_part(callee),
        "initChatModel"
            | "gateway"
            | "languageModel"
            | "textEmbeddingModel"
            | "chatModel"
            | "embeddingModel"
            | "getGenerativeModel"
            | "registryModel"
    )
}

/// True for `openai(`, not for `new OpenAI(` whose first argument is a key.
fn is_lower(callee: &str) -> bool {
    callee.starts_with(|c: char| c.is_ascii_lowercase()) && !last_part(callee).starts_with("create")
}

/// True for a name such as `model`, `modelId`, `LLM_MODEL`, `embeddingModel`.
fn says_model(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("model") || name == "llm" || name.ends_with("_llm") || name.contains("deployment") || name == "engine"
}

/// True behind `process.env.MODEL ??` and the like: a default for something that is called a model.
fn is_default(before: &str) -> bool {
    let Some(name) = before.strip_suffix("??").or_else(|| before.strip_suffix("||")) else { return false };
    let name = name.trim_end();
    let start =
        name.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '$' | '?')).map_or(0, |at| at + 1);
    says_model(name.get(start..).unwrap_or_default())
}

/// The provider whose package this is.
fn provider_of_package(name: &str) -> Option<&'static str> {
    const SDKS: [&str; 12] = [
        "openai",
        "@anthropic-ai/sdk",
        "groq-sdk",
        "cohere-ai",
        "@mistralai/mistralai",
        "ollama",
        "together-ai",
        "replicate",
        "@aws-sdk/client-bedrock-runtime",
        "@azure/openai",
        "@google-cloud/vertexai",
        "@genkit-ai/google-genai",
    ];
    if matches!(name, "@google/genai" | "@google/generative-ai" | "@genkit-ai/googleai" | "@genkit-ai/google-genai") {
        return Some("google");
    }
    if SDKS.contains(&name) {
        return providers::of_callee(name);
    }
    let rest = name
        .strip_prefix("@ai-sdk/")
        .or_else(|| name.strip_prefix("@langchain/"))
        .or_else(|| name.strip_prefix("@llamaindex/"))?;
    let is_general = matches!(
        rest,
        "core"
            | "community"
            | "langgraph"
            | "textsplitters"
            | "mcp-adapters"
            | "react"
            | "vue"
            | "svelte"
            | "provider"
            | "gateway"
    );
    if is_general || rest.starts_with("langgraph") { None } else { providers::of_callee(rest) }
}
