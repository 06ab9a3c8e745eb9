//! Models: which ones the code names, who serves them, and what for.

use super::walk::Sight;
use crate::modules::Module;
use std::collections::BTreeMap;
use windlass_findings::models::{MOST, Use, claim_host, each_once};
use windlass_findings::{At, last_part};
use windlass_outline::providers;
use windlass_outline::python::imports::Scope;
use windlass_plugin_sdk::Claims;

/// The models of a project.
#[derive(Debug, Default)]
pub struct Models {
    found: Vec<Use>,
    /// From here on they are of the statement that is being walked: index and the call each stands in.
    pending: Vec<(usize, usize)>,
    /// The calls of this statement that are given a provider's URL.
    sent_to: Vec<(usize, &'static str)>,
}

impl Models {
    /// A literal that may name a model.
    pub fn literal(&mut self, sight: &Sight<'_, '_>, at: At<'_>) {
        let known = providers::model(sight.text);
        // Nearly every literal ends here: the text is asked before its place.
        if known.is_none() && !(is_model_argument(sight) && providers::can_be_model(sight.text)) {
            return;
        }
        if sight.is_key() || sight.is_compared() {
            return;
        }
        let callee = sight.callee();
        let Some(rule) = rule(sight, callee).filter(|rule| known.is_some() || *rule == "model-argument") else {
            return;
        };
        let (name, prefixed) = known.map_or((sight.text, None), |model| (model.name, model.provider));
        let is_prefixed = name.len() < sight.text.len();
        let by_callee = providers::of_callee(last_part(callee)).or_else(|| providers::of_callee(callee));
        let provider = if is_prefixed { prefixed } else { by_callee.or(prefixed) };
        let variable = variable(sight);
        let purpose = providers::role(&[callee, sight.slot, variable, sight.text]);
        let call = sight.frames.iter().rev().find(|frame| frame.bracket == b'(').map_or(usize::MAX, |frame| frame.at);
        self.pending.push((self.found.len(), call));
        self.found.push(Use {
            name: Some(name.to_owned()),
            provider,
            role: purpose,
            variable: variable.to_owned(),
            score: 0.8 * at.weight,
            file: at.file.to_owned(),
            line: at.line,
            rule,
        });
    }

    /// A URL of a provider: the models of the same call are served there.
    pub fn url(&mut self, provider: &'static str, sight: &Sight<'_, '_>, at: At<'_>) {
        let call = sight.frames.iter().rev().find(|frame| frame.bracket == b'(').map_or(usize::MAX, |frame| frame.at);
        self.sent_to.push((call, provider));
        self.unnamed(provider, "provider-url", last_part(sight.variable()), at);
    }

    /// The statement is over.
    pub fn end_statement(&mut self) {
        for (index, call) in self.pending.drain(..) {
            if let Some((_, provider)) = self.sent_to.iter().find(|(sent, _)| *sent == call && call != usize::MAX) {
                self.found[index].provider = Some(provider);
            }
        }
        self.sent_to.clear();
    }

    /// The providers whose SDKs a module imports.
    pub fn imports(&mut self, module: &Module<'_>, weight: f32) {
        for import in module.imports.iter().filter(|import| import.level == 0 && import.scope != Scope::Typing) {
            for provider in imported_providers(import.module, &import.names) {
                let at = At { file: module.path, line: import.line, weight };
                self.unnamed(provider, "import", "", at);
            }
        }
    }

    fn unnamed(&mut self, provider: &'static str, rule: &'static str, variable: &str, at: At<'_>) {
        self.found.push(Use::unnamed(provider, rule, variable, at));
    }

    /// Claims each model once for each role, then the providers of which no model is named, then where their SDKs call.
    pub fn claim(self, is_reached: impl Fn(&str) -> bool, claims: &mut Claims) {
        // The hosts of the providers whose SDK calls where it always does, with where that was seen.
        let mut hosts: BTreeMap<&'static str, (&str, u32)> = BTreeMap::new();
        let claimed = each_once(self.found);
        for found in &claimed {
            let host = found.provider.and_then(providers::host_of);
            if let Some(host) = host.filter(|_| is_reached(&found.file) && found.rule != "provider-url") {
                hosts.entry(host).or_insert((&found.file, found.line));
            }
        }
        for found in claimed.iter().take(MOST) {
            found.claim(claims);
        }
        for (host, (file, line)) in hosts {
            claim_host(host, file, line, claims);
        }
    }
}

/// Why a literal names a model: `model-argument` is so sure that any name is taken.
fn rule(sight: &Sight<'_, '_>, callee: &str) -> Option<&'static str> {
    let frame = sight.frame();
    let in_call = frame.is_some_and(|frame| frame.bracket == b'(');
    let slot = last_part(sight.slot);
    let function = last_part(callee);
    if is_model_argument(sight) && takes_model(function) {
        return Some("model-argument");
    }
    if says_model(slot) {
        return Some("model-name");
    }
    let is_first = frame.is_some_and(|frame| frame.position == 0) && slot.is_empty();
    if in_call && is_first && takes_first(function) {
        return Some("model-name");
    }
    let frame = frame.filter(|frame| frame.bracket == b'(')?;
    let is_default = slot.eq_ignore_ascii_case("default") || slot.is_empty() && frame.position == 1;
    let is_said = says_model(last_part(frame.slot)) || says_model(frame.first);
    (is_default && is_said
        || slot.is_empty() && says_model(last_part(frame.slot)) && frame.position == 0 && !frame.callee.contains("env"))
    .then_some("model-name")
}

/// True for `f(model=…)`, whatever `f` is.
fn is_model_argument(sight: &Sight<'_, '_>) -> bool {
    let slot = last_part(sight.slot);
    sight.frame().is_some_and(|frame| frame.bracket == b'(')
        && ["model", "model_name", "model_id"].iter().any(|name| slot.eq_ignore_ascii_case(name))
}

/// True for a name such as `model`, `LLM_MODEL`, `embedding_model_name`, `--model`.
fn says_model(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("model")
        || name == "llm"
        || name.ends_with("_llm")
        || name.starts_with("llm_")
        || name == "engine"
        || name.contains("deployment")
}

/// True for calls whose `model=` is a language model's whatever its name.
fn takes_model(callee: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    providers::of_callee(callee).is_some()
        || [
            "create",
            "completion",
            "agent",
            "llm",
            "chat",
            "embed",
            "rerank",
            "generate",
            "responses",
            "parse",
            "stream",
        ]
        .iter()
        .any(|word| lower.contains(word))
        || callee == "LM"
}

/// True for calls whose first argument is a model's name.
fn takes_first(callee: &str) -> bool {
    matches!(
        callee,
        "init_chat_model"
            | "init_embeddings"
            | "LiteLlm"
            | "LM"
            | "LLM"
            | "Agent"
            | "create_agent"
            | "create_react_agent"
            | "infer_model"
            | "load_chat_model"
            | "get_model"
            | "get_llm"
    ) || callee.ends_with("Model")
        || callee.ends_with("Embeddings")
        || callee.starts_with("Chat") && providers::of_callee(callee).is_some()
        || providers::of_callee(callee).is_some() && callee.starts_with(|c: char| c.is_ascii_uppercase())
        || matches!(callee, "SentenceTransformer" | "CrossEncoder")
}

/// The variable that holds the model, or the environment variable that names it.
fn variable<'a>(sight: &Sight<'_, 'a>) -> &'a str {
    let variable = last_part(sight.variable());
    let is_env = sight.frame().is_some_and(|frame| frame.bracket == b'(' && frame.callee.contains("env"));
    match sight.frame() {
        Some(frame) if is_env && variable.is_empty() => frame.first,
        _ => variable,
    }
}

/// The providers whose SDKs an import loads.
fn imported_providers(module: &str, names: &[&str]) -> Vec<&'static str> {
    const SDKS: [&str; 13] = [
        "openai",
        "anthropic",
        "groq",
        "mistralai",
        "cohere",
        "together",
        "ollama",
        "replicate",
        "voyageai",
        "dashscope",
        "zhipuai",
        "vertexai",
        "cerebras",
    ];
    /// Frameworks that name a provider by the last part of a module, or by what is imported from it.
    const FRAMEWORKS: [&str; 8] =
        ["llama_index", "pydantic_ai", "agno", "strands", "langchain", "autogen_ext", "pipecat", "livekit"];
    const PLACES: [&str; 6] = ["llms", "models", "embeddings", "chat_models", "services", "plugins"];
    let mut parts = module.split('.');
    let first = parts.next().unwrap_or_default();
    if SDKS.contains(&first) {
        return providers::of_prefix(first).or_else(|| providers::of_callee(first)).into_iter().collect();
    }
    if first == "google" {
        let is_genai = |name: &str| matches!(name, "genai" | "generativeai");
        let loads = parts.next().map_or_else(|| names.iter().any(|name| is_genai(name)), is_genai);
        return if loads { vec!["google"] } else { Vec::new() };
    }
    if let Some(part) = first.strip_prefix("langchain_") {
        let is_other = matches!(part, "community" | "google_community" | "core" | "experimental" | "huggingface");
        return if is_other { Vec::new() } else { providers::of_callee(part).into_iter().collect() };
    }
    if !FRAMEWORKS.contains(&first) {
        return Vec::new();
    }
    match parts.skip_while(|part| !PLACES.contains(part)).nth(1) {
        Some(part) => providers::of_callee(part).into_iter().collect(),
        None if PLACES.iter().any(|place| module.ends_with(place)) => names
            .iter()
            .filter(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'))
            .filter_map(|name| providers::of_callee(name))
            .collect(),
        None => Vec::new(),
    }
}
