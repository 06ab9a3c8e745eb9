//! What a tool is called: after its host, or after the variable that carries its URL.

/// The prefix of the environment variables that carry a tool's address.
pub const VARIABLE: &str = "TOOL_URL_";

/// The natural name of a tool at `host`: `api.stripe.com` is `stripe-api`.
#[must_use]
pub fn of_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let mut labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let is_address = labels.iter().all(|label| label.bytes().all(|c| c.is_ascii_digit()));
    if is_address {
        return labels.join("-");
    }
    if labels.contains(&"svc") {
        return labels[0].to_owned();
    }
    if labels.len() > 1 {
        labels.pop();
    }
    // `co.uk`, `com.au`: the second level is no name either.
    if labels.len() > 1 && host.rsplit('.').next().is_some_and(|top| top.len() == 2) {
        let second = labels[labels.len() - 1];
        if matches!(second, "co" | "com" | "org" | "net" | "gov" | "ac") {
            labels.pop();
        }
    }
    labels.retain(|label| *label != "www");
    labels.reverse();
    labels.join("-")
}

/// `TOOL_URL_X_Y` is the tool `x-y`; none for any other variable.
#[must_use]
pub fn of_variable(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(VARIABLE)?;
    if !name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_') {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('_', "-");
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_named_after_their_host() {
        for (host, name) in [
            ("api.stripe.com", "stripe-api"),
            ("hooks.slack.com", "slack-hooks"),
            ("wttr.in", "wttr"),
            ("www.acme.co.uk", "acme"),
            ("stripe.tools.svc.cluster.local", "stripe"),
            ("inventory", "inventory"),
            ("10.0.0.7", "10-0-0-7"),
            ("api.io", "api"),
        ] {
            assert_eq!(of_host(host), name, "{host}");
        }
    }

    #[test]
    fn tools_are_named_after_their_variable_and_other_variables_name_none() {
        assert_eq!(of_variable("TOOL_URL_STRIPE_API").as_deref(), Some("stripe-api"));
        for other in ["TOOL_URL_", "TOOL_URL__", "TOOL_URL_x", "TOOL_NAMES", "MY_TOOL_URL_X"] {
            assert_eq!(of_variable(other), None, "{other}");
        }
    }
}
