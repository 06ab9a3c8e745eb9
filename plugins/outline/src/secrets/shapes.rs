//! The shapes of secrets whose makers gave them a mark. One line each.

use super::Severity::{self, High, Low, Medium};
use super::{Secret, entropy, is_blank};

/// A mark at the start of a word.
struct Shape {
    prefix: &'static str,
    /// The fewest bytes of the whole word.
    least: usize,
    kind: &'static str,
    severity: Severity,
    what: &'static str,
}

const fn shape(
    prefix: &'static str,
    least: usize,
    kind: &'static str,
    severity: Severity,
    what: &'static str,
) -> Shape {
    Shape { prefix, least, kind, severity, what }
}

/// By prefix; of two that fit the first stands.
const SHAPES: &[Shape] = &[
    shape("sk-ant-", 24, "api_key", High, "Anthropic API key"),
    shape("sk-or-", 24, "api_key", High, "OpenRouter API key"),
    shape("sk-lf-", 24, "api_key", High, "Langfuse secret key"),
    shape("sk-proj-", 24, "api_key", High, "OpenAI API key"),
    shape("sk-svcacct-", 24, "api_key", High, "OpenAI API key"),
    shape("sk-", 23, "api_key", High, "OpenAI-style API key"),
    shape("sk_live_", 20, "api_key", High, "Stripe secret key"),
    shape("rk_live_", 20, "api_key", High, "Stripe restricted key"),
    shape("sk_test_", 20, "api_key", Low, "Stripe test key"),
    shape("rk_test_", 20, "api_key", Low, "Stripe test key"),
    shape("whsec_", 20, "api_key", Medium, "Stripe webhook secret"),
    shape("sk_", 40, "api_key", High, "ElevenLabs-style API key"),
    shape("AKIA", 20, "api_key", High, "AWS access key id"),
    shape("ASIA", 20, "api_key", Medium, "AWS temporary access key id"),
    shape("ghp_", 36, "oauth_token", High, "GitHub personal access token"),
    shape("gho_", 36, "oauth_token", High, "GitHub OAuth token"),
    shape("ghu_", 36, "oauth_token", High, "GitHub user token"),
    shape("ghs_", 36, "oauth_token", High, "GitHub server token"),
    shape("ghr_", 36, "oauth_token", High, "GitHub refresh token"),
    shape("github_pat_", 40, "oauth_token", High, "GitHub personal access token"),
    shape("glpat-", 20, "oauth_token", High, "GitLab personal access token"),
    shape("AIza", 39, "api_key", High, "Google API key"),
    shape("GOCSPX-", 28, "oauth_token", High, "Google OAuth client secret"),
    shape("xoxb-", 24, "oauth_token", High, "Slack bot token"),
    shape("xoxp-", 24, "oauth_token", High, "Slack user token"),
    shape("xoxa-", 24, "oauth_token", High, "Slack token"),
    shape("xoxs-", 24, "oauth_token", High, "Slack token"),
    shape("xapp-", 24, "oauth_token", High, "Slack app token"),
    shape("hf_", 30, "api_key", High, "Hugging Face token"),
    shape("gsk_", 40, "api_key", High, "Groq API key"),
    shape("xai-", 40, "api_key", High, "xAI API key"),
    shape("pplx-", 40, "api_key", High, "Perplexity API key"),
    shape("nvapi-", 40, "api_key", High, "NVIDIA API key"),
    shape("tvly-", 24, "api_key", High, "Tavily API key"),
    shape("fc-", 32, "api_key", High, "Firecrawl API key"),
    shape("e2b_", 32, "api_key", High, "E2B API key"),
    shape("r8_", 36, "api_key", High, "Replicate API token"),
    shape("lsv2_pt_", 32, "api_key", High, "LangSmith API key"),
    shape("lsv2_sk_", 32, "api_key", High, "LangSmith API key"),
    shape("ls__", 32, "api_key", High, "LangSmith API key"),
    shape("llx-", 32, "api_key", High, "LlamaCloud API key"),
    shape("pcsk_", 40, "api_key", High, "Pinecone API key"),
    shape("ntn_", 40, "api_key", High, "Notion token"),
    shape("lin_api_", 32, "api_key", High, "Linear API key"),
    shape("figd_", 32, "api_key", High, "Figma token"),
    shape("dapi", 36, "api_key", High, "Databricks token"),
    shape("dop_v1_", 40, "api_key", High, "DigitalOcean token"),
    shape("shpat_", 36, "api_key", High, "Shopify token"),
    shape("npm_", 38, "api_key", High, "npm token"),
    shape("pypi-", 60, "api_key", High, "PyPI token"),
    shape("csk-", 40, "api_key", High, "Cerebras API key"),
    shape("sbp_", 40, "api_key", High, "Supabase token"),
    shape("jina_", 40, "api_key", High, "Jina API key"),
    shape("secret_", 48, "api_key", Medium, "secret token"),
];

/// The bytes that a mark may begin with: few words need to be held against the table.
const FIRST: [bool; 256] = {
    let mut first = [false; 256];
    let mut i = 0;
    while i < SHAPES.len() {
        first[SHAPES[i].prefix.as_bytes()[0] as usize] = true;
        i += 1;
    }
    first
};

/// What a long word is, by its own mark or by what stands before it; `at` is where it starts in `text`.
pub(super) fn of_word(text: &str, at: usize, word: &str) -> Option<Secret> {
    let secret = |kind, severity, what: &str| Some(Secret { kind, severity, description: what.to_owned() });
    let may_begin = word.bytes().next().is_some_and(|first| FIRST[usize::from(first)]);
    if let Some(shape) = SHAPES.iter().filter(|_| may_begin).find(|shape| word.starts_with(shape.prefix)) {
        let rest = &word[shape.prefix.len()..];
        let is_random = is_random(rest) || shape.prefix == "AKIA" && entropy(rest) >= 2.8 && !is_blank(rest);
        let fits = word.len() >= shape.least && fits_more(shape.prefix, word) && is_random;
        return fits.then(|| secret(shape.kind, shape.severity, shape.what)).flatten();
    }
    let before = &text.as_bytes()[at.saturating_sub(96)..at];
    let after = &text.as_bytes()[at + word.len()..];
    let ends = |mark: &str| before.ends_with(mark.as_bytes());
    if word.starts_with("eyJ") && after.starts_with(b".eyJ") {
        return secret("oauth_token", Medium, "JSON Web Token");
    }
    if word.len() >= 24 && holds(before, b"PRIVATE KEY-----") {
        return secret("private_key", High, "private key");
    }
    if !is_random(word) {
        return None;
    }
    if ends("SG.") && after.first() == Some(&b'.') {
        return secret("api_key", High, "SendGrid API key");
    }
    if word.len() >= 20 && holds(before, b"hooks.slack.com/services/T") {
        return secret("webhook", Medium, "Slack webhook URL");
    }
    if word.len() >= 60 && holds(before, b"/api/webhooks/") {
        return secret("webhook", Medium, "Discord webhook URL");
    }
    if ends("AccountKey=") {
        return secret("api_key", High, "Azure storage account key");
    }
    if ends(":")
        && word.len() == 35
        && word.starts_with("AA")
        && before.iter().rev().skip(1).take(8).all(u8::is_ascii_digit)
    {
        return secret("api_key", High, "Telegram bot token");
    }
    None
}

/// What a prefix alone does not tell.
fn fits_more(prefix: &str, word: &str) -> bool {
    match prefix {
        "AKIA" | "ASIA" => word.len() == 20 && word.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()),
        "AIza" => word.len() == 39,
        "dapi" => word[4..].bytes().all(|c| c.is_ascii_hexdigit() || c == b'-'),
        // Functions and classes of style sheets start so too; they consist of words.
        _ if prefix.ends_with('_') || matches!(prefix, "sk-" | "fc-") => {
            let rest = &word[prefix.len()..];
            rest.split(['-', '_']).any(|part| part.len() >= 16 && part.bytes().any(|c| c.is_ascii_digit()))
        }
        _ => true,
    }
}

/// True for what a random source makes: letters and digits, few of them twice, none of the words of a placeholder.
fn is_random(value: &str) -> bool {
    value.bytes().any(|c| c.is_ascii_digit())
        && value.bytes().any(|c| c.is_ascii_alphabetic())
        && entropy(value) >= 2.8
        && !is_blank(value)
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}
