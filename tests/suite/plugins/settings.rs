//! Settings as a plugin sees them: those of its binding in a call, and those that an operator would like to bind.

use super::direct::{host, load, request, run};
use windlass_plugin::{Limits, SettingsProblem, Terms};

#[tokio::test]
async fn a_plugin_reads_the_settings_of_its_binding() {
    let host = host();
    let plugin = load(&host, "settings-detector");
    let settings = r#"{"note":"from the operator"}"#;
    let terms = Terms { settings: settings.into(), ..Terms::default() };
    let request = request();
    let claims = run(&host, move |calls| {
        let source = request.files().expect("the request has files");
        [terms, Terms::default()].map(|terms| calls.detect(&plugin, &terms, &request, source).expect("claims").value)
    })
    .await;
    assert_eq!(claims.map(|claims| claims[0].value.clone()), [settings, "{}"]);
}

#[tokio::test]
async fn a_plugin_says_what_is_wrong_with_settings_before_they_are_bound() {
    let host = host();
    let (picky, lenient) = (load(&host, "settings-detector"), load(&host, "trap-strategy"));
    assert!(picky.metadata.settings_schema.is_some());
    let check = run(&host, move |calls| {
        let problems =
            |plugin, settings| calls.check_settings(plugin, Limits::default(), settings).expect("an answer").value;
        [
            problems(&picky, r#"{"note":"x"}"#),
            problems(&picky, r#"{"forbidden":"x"}"#),
            problems(&lenient, r#"{"forbidden":"x"}"#),
        ]
    })
    .await;
    let refused = SettingsProblem { path: "/forbidden".to_owned(), message: "leave it out".to_owned() };
    assert_eq!(check, [vec![], vec![refused], vec![]]);
}
