//! Whether an agent may make a call: the tool's capabilities, then the rules of the agent's policies, then the tool's own
//! access mode. Pure.
//!
//! - A tool with capabilities takes no other method and path. `*` stands for anything, slashes too.
//! - A matching `deny` wins, then `approval_required`, then `allow`.
//! - Where nothing matches, an `allow` for the same resource with other operations means: not this one. Else the tool decides:
//!   `Open` lets it pass, `Restricted` and `Critical` want an `allow`.

use serde::Deserialize;
use serde_json::Value;
use windlass_domain::tool::{ToolCapability, ToolSpec};

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Permission {
    Allow,
    Deny,
    ApprovalRequired,
}

/// One rule of a policy, as it was checked when it came.
#[derive(Debug, Deserialize)]
struct Rule {
    permission: Permission,
    #[serde(default)]
    operations: Vec<String>,
    #[serde(default)]
    resource: String,
}

/// The rules of one policy.
#[derive(Debug)]
pub(super) struct Policy {
    name: String,
    rules: Vec<Rule>,
}

impl Policy {
    /// Reads a stored policy. One that cannot be read denies everything: a rule must not be lost by accident.
    pub(super) fn new(name: String, spec: &Value) -> Self {
        let rules = spec.get("policies").filter(|rules| !rules.is_null()).cloned().map(serde_json::from_value);
        let nothing = Rule { permission: Permission::Deny, operations: Vec::new(), resource: String::new() };
        Self { name, rules: rules.unwrap_or_else(|| Ok(Vec::new())).unwrap_or_else(|_| vec![nothing]) }
    }
}

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The HTTP method.
    pub(super) method: &'a str,
    /// The path below the tool's base URL, decoded, with a slash in front.
    pub(super) path: &'a str,
    /// The whole URL without its query, decoded.
    pub(super) url: &'a str,
}

/// The judgement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may pass.
    Allowed,
    /// The tool has no such capability.
    NoCapability,
    /// A rule of that policy denies it, or an allow of it leaves it out.
    Denied(String),
    /// A rule of that policy wants it approved first.
    ApprovalRequired(String),
    /// The tool's access mode wants an `allow`, and none matches.
    NotAllowed(String),
}

/// Judges one call.
pub(super) fn judge(tool: &ToolSpec, policies: &[Policy], asked: Asked<'_>) -> Verdict {
    if !tool.capabilities.is_empty() && !tool.capabilities.iter().any(|capability| covers(capability, asked)) {
        return Verdict::NoCapability;
    }
    let first = |permission: Permission, is_meant: &dyn Fn(&Rule) -> bool| {
        let has = |policy: &&Policy| policy.rules.iter().any(|rule| rule.permission == permission && is_meant(rule));
        policies.iter().find(has).map(|policy| policy.name.clone())
    };
    let is_matched = |rule: &Rule| rule.names(asked.url) && rule.operates(asked.method);
    if let Some(policy) = first(Permission::Deny, &is_matched) {
        return Verdict::Denied(policy);
    }
    if let Some(policy) = first(Permission::ApprovalRequired, &is_matched) {
        return Verdict::ApprovalRequired(policy);
    }
    if first(Permission::Allow, &is_matched).is_some() {
        return Verdict::Allowed;
    }
    if let Some(policy) = first(Permission::Allow, &|rule| rule.names(asked.url)) {
        return Verdict::Denied(policy);
    }
    match access_mode(tool) {
        "Open" => Verdict::Allowed,
        mode => Verdict::NotAllowed(mode.to_owned()),
    }
}

fn access_mode(tool: &ToolSpec) -> &str {
    let governance = tool.other.get("governance");
    governance.and_then(|value| value.pointer("/accessControl/mode")).and_then(Value::as_str).unwrap_or("Open")
}

fn covers(capability: &ToolCapability, asked: Asked<'_>) -> bool {
    is_method(&capability.method, asked.method) && glob(&capability.path, asked.path)
}

impl Rule {
    fn operates(&self, method: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|operation| is_method(operation, method))
    }

    fn names(&self, url: &str) -> bool {
        self.resource.is_empty() || glob(&self.resource, url)
    }
}

fn is_method(pattern: &str, method: &str) -> bool {
    pattern == "*" || pattern.eq_ignore_ascii_case(method)
}

/// Whether `text` is `pattern`, in which each `*` stands for anything. Linear but for the last star, which is tried anew.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool(spec: Value) -> ToolSpec {
        serde_json::from_value(spec).expect("a spec")
    }

    fn verdict(spec: &Value, rules: &Value, method: &str, path: &str) -> Verdict {
        let url = format!("https://a.example/v1{path}");
        let policy = Policy::new("p".to_owned(), &json!({"policies": rules}));
        judge(&tool(spec.clone()), &[policy], Asked { method, path, url: &url })
    }

    #[test]
    fn a_star_stands_for_anything_and_everything_else_for_itself() {
        for (pattern, text, fits) in [
            ("https://a.example/*", "https://a.example/v1/x", true),
            ("https://a.example/*", "https://b.example/v1/x", false),
            ("*/admin/*", "https://a.example/v1/admin/x", true),
            ("*x", "axbx", true),
            ("*x", "axb", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("a?c", "abc", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn deny_wins_then_approval_then_allow() {
        let open = json!({});
        let deny = json!({"permission": "deny", "operations": ["DELETE"], "resource": "https://a.example/*"});
        let approval = json!({"permission": "approval_required", "operations": ["POST"]});
        let allow = json!({"permission": "allow", "operations": ["*"]});
        let rules = json!([allow, approval, deny]);
        assert_eq!(verdict(&open, &rules, "delete", "/x"), Verdict::Denied("p".to_owned()));
        assert_eq!(verdict(&open, &rules, "POST", "/x"), Verdict::ApprovalRequired("p".to_owned()));
        assert_eq!(verdict(&open, &rules, "GET", "/x"), Verdict::Allowed);
        assert_eq!(
            verdict(&open, &json!([deny]), "GET", "/x"),
            Verdict::Allowed,
            "what is open stays open beside a deny"
        );
    }

    #[test]
    fn an_allow_for_a_resource_leaves_out_its_other_operations() {
        let rules =
            json!([{"permission": "allow", "operations": ["GET"], "resource": "https://a.example/v1/charges*"}]);
        let open = json!({});
        assert_eq!(verdict(&open, &rules, "GET", "/charges/1"), Verdict::Allowed);
        assert_eq!(verdict(&open, &rules, "DELETE", "/charges/1"), Verdict::Denied("p".to_owned()));
        assert_eq!(verdict(&open, &rules, "DELETE", "/other"), Verdict::Allowed);
    }

    #[test]
    fn a_restricted_tool_wants_an_allow() {
        for mode in ["Restricted", "Critical"] {
            let tool = json!({"governance": {"accessControl": {"mode": mode}}});
            assert_eq!(verdict(&tool, &json!([]), "GET", "/x"), Verdict::NotAllowed(mode.to_owned()));
            assert_eq!(verdict(&tool, &json!([{"permission": "allow"}]), "GET", "/x"), Verdict::Allowed);
        }
    }

    #[test]
    fn capabilities_are_all_that_a_tool_has() {
        let tool = json!({"capabilities": [
            {"name": "list", "method": "GET", "path": "/charges"},
            {"name": "one", "method": "*", "path": "/charges/*"},
        ]});
        for (method, path, fits) in [
            ("GET", "/charges", true),
            ("POST", "/charges", false),
            ("DELETE", "/charges/1/x", true),
            ("GET", "/refunds", false),
        ] {
            let expected = if fits { Verdict::Allowed } else { Verdict::NoCapability };
            assert_eq!(verdict(&tool, &json!([]), method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_denies() {
        let broken = Policy::new("p".to_owned(), &json!({"policies": [{"permission": "maybe"}]}));
        let asked = Asked { method: "GET", path: "/x", url: "https://a.example/x" };
        assert_eq!(judge(&ToolSpec::default(), &[broken], asked), Verdict::Denied("p".to_owned()));
    }
}
