//! Every refusal, beside what is taken.

use super::*;
use clap::Parser;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

fn config_with(arguments: &[&str], keys: GivenKeys) -> Result<Config, ConfigError> {
    let arguments = ["windlass", "--data-dir", "/tmp/windlass-data"].iter().chain(arguments);
    let parsed = Arguments::try_parse_from(arguments).expect("the arguments parse");
    Config::new(parsed.settings, keys)
}

fn config(arguments: &[&str]) -> Result<Config, ConfigError> {
    config_with(arguments, GivenKeys::default())
}

fn refusal(arguments: &[&str]) -> String {
    config(arguments).expect_err("refused").to_string()
}

#[test]
fn a_loopback_address_is_served_without_tls() {
    for listen in ["127.0.0.1:8092", "127.8.8.8:0", "[::1]:8092", "[::ffff:127.0.0.1]:8092"] {
        assert!(config(&["--listen", listen]).is_ok(), "{listen}");
    }
}

#[test]
fn any_other_address_is_refused_without_tls_or_a_proxy() {
    for listen in ["0.0.0.0:8092", "10.1.2.3:8092", "[::]:8092", "[::ffff:10.0.0.1]:8092"] {
        let refused = refusal(&["--listen", listen]);
        assert!(refused.contains("--tls-cert") && refused.contains("--behind-proxy"), "{refused}");
    }
}

#[test]
fn any_other_address_is_served_with_tls_or_behind_a_proxy() {
    let listen = ["--listen", "0.0.0.0:8092"];
    assert!(config(&[&listen[..], &["--behind-proxy"]].concat()).is_ok());
    let tls = config(&[&listen[..], &["--tls-cert", "c.pem", "--tls-key", "k.pem"]].concat()).expect("taken");
    assert_eq!(tls.tls, Some(TlsFiles { certificate: "c.pem".into(), key: "k.pem".into() }));
}

#[test]
fn half_a_tls_pair_is_refused_and_names_the_other_half() {
    assert!(refusal(&["--tls-cert", "c.pem"]).contains("without --tls-key"));
    assert!(refusal(&["--tls-key", "k.pem"]).contains("without --tls-cert"));
}

#[test]
fn a_public_url_is_an_origin() {
    for (url, base, registry) in [
        ("https://windlass.example.com", "https://windlass.example.com", "windlass.example.com"),
        ("https://windlass.example.com/", "https://windlass.example.com", "windlass.example.com"),
        ("https://windlass.example.com:8443", "https://windlass.example.com:8443", "windlass.example.com:8443"),
        ("http://windlass.example.com", "http://windlass.example.com", "windlass.example.com:80"),
        ("https://windlass", "https://windlass", "windlass:443"),
    ] {
        let address = config(&["--public-url", url]).expect(url).public_address();
        assert_eq!((address.url.as_str(), address.registry.as_str()), (base, registry));
    }
}

#[test]
fn a_public_url_that_no_client_could_use_is_refused() {
    for url in
        ["", "windlass", "/x", "ftp://a.b", "https://a.b/path", "https://a.b?q", "https://a.b#f", "https://u:p@a.b"]
    {
        assert!(refusal(&["--public-url", url]).contains(&format!("--public-url `{url}`")), "{url}");
    }
}

#[test]
fn without_a_public_url_the_listen_address_is_the_public_one() {
    let address = config(&[]).expect("the defaults").public_address();
    assert_eq!((address.url.as_str(), address.registry.as_str()), ("http://127.0.0.1:8092", "127.0.0.1:8092"));
    let everywhere = config(&["--listen", "0.0.0.0:80", "--behind-proxy"]).expect("taken").public_address();
    assert_eq!(everywhere.url, "http://127.0.0.1:80");
    let tls = config(&["--tls-cert", "c.pem", "--tls-key", "k.pem"]).expect("taken").public_address();
    assert_eq!(tls.url, "https://127.0.0.1:8092");
}

#[test]
fn runtime_bases_are_of_known_runtimes_once_each() {
    let taken = config(&["--runtime-base", "python=debian:12", "--runtime-base", "python-langchain=/srv/layout"]);
    assert_eq!(taken.expect("taken").runtime_bases["python-langchain"], "/srv/layout");
    assert!(refusal(&["--runtime-base", "ruby=debian:12"]).contains("the runtimes are python, python-langchain"));
    assert!(refusal(&["--runtime-base", "python=a", "--runtime-base", "python=b"]).contains("`python` twice"));
}

#[test]
fn a_program_that_is_not_there_is_refused_and_one_that_is_is_taken() {
    assert!(refusal(&["--uv", "/nowhere/uv"]).contains("--uv `/nowhere/uv` is not a file"));
    assert!(refusal(&["--python", "/nowhere/python"]).contains("--python"));
    assert_eq!(config(&["--uv", "/bin/sh"]).expect("taken").uv, Some("/bin/sh".into()));
}

#[test]
fn keys_of_the_environment_follow_the_rule_or_are_refused_without_being_repeated() {
    let keys = |bootstrap: &str| GivenKeys { bootstrap: Some(bootstrap.to_owned()), operator: None };
    assert!(config_with(&[], keys(&format!("ra_ws_{}", "k".repeat(32)))).expect("taken").bootstrap_key.is_some());
    let refused = config_with(&[], keys("ra_ws_too-short")).expect_err("too short").to_string();
    assert!(refused.contains("WINDLASS_BOOTSTRAP_KEY") && refused.contains("32"), "{refused}");
    assert!(!refused.contains("too-short"), "{refused}");
    let operator = GivenKeys { bootstrap: None, operator: Some(format!("ra_ws_{}", "k".repeat(32))) };
    assert!(config_with(&[], operator).expect_err("another prefix").to_string().contains("`wl_op_`"));
}

#[test]
fn agents_are_on_off_or_unsafe_but_not_off_and_unsafe() {
    assert!(config(&[]).expect("taken").agents_enabled);
    assert!(!config(&["--no-agents"]).expect("taken").agents_enabled);
    assert!(config(&["--unsafe-agents"]).expect("taken").unsafe_agents);
    assert!(Arguments::try_parse_from(["windlass", "--no-agents", "--unsafe-agents"]).is_err());
}
