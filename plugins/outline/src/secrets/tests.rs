//! What is taken for a secret, and what only looks like one.

use super::*;

/// Put together here, so that no scanner takes the samples for secrets.
fn key(prefix: &str, rest: &str) -> String {
    format!("{prefix}{rest}")
}

fn kinds(text: &str) -> Vec<(&'static str, Severity)> {
    in_text(text, Style::Code).into_iter().map(|(_, secret)| (secret.kind, secret.severity)).collect()
}

const RANDOM: &str = "q7Zt1LmX9vRb2KpW4sYd8NcF3hGj6TaU0eQi5oBxDnVr";

#[test]
fn keys_of_known_makers_are_found_wherever_they_stand() {
    for (prefix, length, kind, severity) in [
        ("sk-", 44, "api_key", Severity::High),
        ("sk-ant-api03-", 44, "api_key", Severity::High),
        ("ghp_", 36, "oauth_token", Severity::High),
        ("AIza", 35, "api_key", Severity::High),
        ("hf_", 34, "api_key", Severity::High),
        ("sk_test_", 24, "api_key", Severity::Low),
        ("xoxb-", 40, "oauth_token", Severity::High),
        ("eyJ", 20, "oauth_token", Severity::Medium),
    ] {
        let end = if prefix == "eyJ" { ".eyJzdWIiOiIxIn0.x" } else { "" };
        let value = key(prefix, &RANDOM[..length]) + end;
        for text in [format!("X = \"{value}\"\n"), format!("# {value}"), format!("Bearer {value}"), value.clone()] {
            assert_eq!(kinds(&text), [(kind, severity)], "{prefix}");
        }
    }
    for rest in ["IQ7ZT1LMX9VRB2KP", "IQZTLMXVRBKPWSUO"] {
        assert_eq!(kinds(&key("AKIA", rest)), [("api_key", Severity::High)]);
    }
}

#[test]
fn a_private_key_is_one_secret_and_its_head_alone_is_none() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    assert_eq!(kinds(&format!("-----BEGIN RSA {}-----\n{body}\n", "PRIVATE KEY")), [("private_key", Severity::High)]);
    assert_eq!(kinds(&format!("-----BEGIN {}-----\\n{body}\\n", "PRIVATE KEY")), [("private_key", Severity::High)]);
    assert!(kinds("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n").is_empty());
    assert!(kinds(&format!("-----BEGIN CERTIFICATE-----\n{body}\n")).is_empty());
}

#[test]
fn marks_around_a_word_tell_what_it_is() {
    let tail = &RANDOM[..24];
    assert_eq!(
        kinds(&format!("https://hooks.slack.com/services/T0123ABCD/B0123ABCD/{tail}")),
        [("webhook", Severity::Medium)]
    );
    assert_eq!(kinds(&format!("7301245987:AA{}", &RANDOM[..33])), [("api_key", Severity::High)]);
    assert!(kinds(&format!("https://hooks.acme.com/services/T0123ABCD/B0123ABCD/{tail}")).is_empty());
}

#[test]
fn placeholders_words_and_identifiers_are_no_secrets() {
    for text in [
        "sk-your-api-key-goes-here-0123456789",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1",
        "sk-...",
        "<sk-ant-api03-secret>",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-estimator-doc-link-with-a-long-name-2",
        "ghp_000000000000000000000000000000000000",
        "a_function_with_a_very_long_name_indeed_2",
        "d41d8cd98f00b204e9800998ecf8427e",
        "hf_hub_download_with_progress_bar_v2_long",
    ] {
        assert!(kinds(text).is_empty(), "{text}");
    }
}

#[test]
fn entropy_counts_only_under_a_name_that_says_secret() {
    let value = &RANDOM[..40];
    for (name, kind) in [
        ("API_KEY", "api_key"),
        ("clientSecret", "oauth_token"),
        ("db_password", "password"),
        ("access-token", "oauth_token"),
        ("ENCRYPTION_KEY", "api_key"),
        ("key", "api_key"),
    ] {
        assert_eq!(assigned(name, value).expect(name).kind, kind);
    }
    for name in ["title", "max_tokens", "public_key", "keyword", "monkey_business", "TOKENIZER"] {
        assert_eq!(assigned(name, value), None, "{name}");
    }
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    assert!(assigned("API_KEY", hex).is_some() && assigned("cache_key", hex).is_none());
    for value in [
        "hunter2",
        "your-api-key-0123456789-abcdefghijk",
        "https://a.b/c?d=efghijklmnopqrstuvwxyz1",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "this is a sentence of words and 1 number",
    ] {
        assert_eq!(assigned("API_KEY", value), None, "{value}");
    }
}

#[test]
fn the_password_of_an_address_is_found_and_a_blank_one_is_none() {
    let found = in_text("x postgresql://app:s3cr3t-9@db.acme.com:5432/x", Style::Code);
    let (at, secret) = &found[0];
    assert_eq!((*at, secret.kind, secret.severity), (19, "password", Severity::High));
    assert_eq!(secret.description, "password inside a postgresql:// URL");
    assert_eq!(kinds("redis://:s3cr3t-9@localhost:1"), [("password", Severity::Low)]);
    for text in [
        "postgres://postgres:postgres@localhost/x",
        "postgres://ai:aiai@localhost/x",
        "postgresql://{user}:{password}@{host}/x",
        "mongodb+srv://<user>:<password>@h/x",
        "https://api.acme.com:8080/@x",
        "git+ssh://git@h/a.git",
        "postgres://u:$PASSWORD@h/x",
        "https://x-access-token:TOK@github.com/o/r",
        "://@",
        "@",
    ] {
        assert!(kinds(text).is_empty(), "{text}");
    }
}

#[test]
fn values_under_a_name_that_says_secret_are_found_in_code_and_in_settings() {
    let value = &RANDOM[..40];
    for text in [
        format!("API_KEY = \"{value}\""),
        format!("f(api_key='{value}', x=1)"),
        format!("{{\"client_secret\": \"{value}\"}}"),
        format!("os.environ[\"ACME_TOKEN\"] = '{value}'"),
        format!("os.getenv(\"ACME_TOKEN\", \"{value}\")"),
        format!("const apiKey: string = `{value}`"),
        format!("TOKEN: str = \"{}/+{}\"", &value[..20], &value[20..]),
    ] {
        assert_eq!(kinds(&text).len(), 1, "{text}");
    }
    for text in [
        format!("API_KEY = {value}"),
        format!("title = \"{value}\""),
        format!("api_key(\"{value}\")"),
        format!("\"api_key\", \"{value}\""),
    ] {
        assert!(kinds(&text).is_empty(), "{text}");
    }
    for text in [
        format!("API_KEY={value}\n"),
        format!("export API_KEY='{value}'"),
        format!("  api_key: {value} # why"),
        format!("\"apiKey\" : \"{value}\","),
    ] {
        assert_eq!(in_text(&text, Style::Settings).len(), 1, "{text}");
    }
    for text in
        [format!("id: {value}"), "API_KEY=\nOTHER=1".to_owned(), "API_KEY=${OTHER_API_KEY_OF_PRODUCTION_1}".to_owned()]
    {
        assert!(in_text(&text, Style::Settings).is_empty(), "{text}");
    }
}

#[test]
fn long_words_are_found_at_any_place() {
    for start in 0..40 {
        for length in 1..40 {
            let text = format!("{}{}{}", "a b ".repeat(start), "x".repeat(length), " é é é é é é é é");
            let found: Vec<_> = LongWords::new(&text).collect();
            let expected =
                if length >= SHORTEST { vec![(start * 4, &text[start * 4..start * 4 + length])] } else { vec![] };
            assert_eq!(found, expected, "{start} {length}");
        }
    }
}
