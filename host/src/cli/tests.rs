//! The whole command line, and that its help teaches.

use super::*;
use clap::CommandFactory as _;
use clap::error::ErrorKind;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_that_does_something_has_an_example() {
    fn visit(command: &clap::Command) {
        let shown = |child: &&clap::Command| child.get_name() != "help" && !child.is_hide_set();
        let children: Vec<_> = command.get_subcommands().filter(shown).collect();
        if children.is_empty() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example:\n  windlass "), "{}", command.get_name());
        }
        children.into_iter().for_each(visit);
    }
    visit(&Cli::command());
}

#[test]
fn commands_parse_and_wrong_ones_are_wrong_uses() {
    for good in [
        "serve",
        "keys list",
        "keys create ci --expires-in-days 1",
        "plugin bind strategy a@1.0.0 -w b",
        "workspace list --json",
    ] {
        let arguments = std::iter::once("windlass").chain(good.split(' '));
        assert!(Cli::try_parse_from(arguments).is_ok(), "{good}");
    }
    for bad in ["serv", "keys", "keys create", "keys create ci --expires-in-days 0", "serve --listen here"] {
        let arguments = std::iter::once("windlass").chain(bad.split(' '));
        let error = Cli::try_parse_from(arguments).expect_err(bad);
        assert_eq!(error.exit_code(), 2, "{bad}");
    }
    let version = Cli::try_parse_from(["windlass", "--version"]).expect_err("prints the version");
    assert_eq!(version.kind(), ErrorKind::DisplayVersion);
}

#[test]
fn a_setting_that_cannot_be_served_is_a_wrong_use_and_a_failure_is_not() {
    let half = ConfigError::HalfTls { given: "--tls-cert", missing: "--tls-key" };
    assert_eq!(format!("{:?}", Failure::from(half).exit_code()), format!("{:?}", ExitCode::from(2)));
    let failed = Failure::from(anyhow::anyhow!("no"));
    assert_eq!(format!("{:?}", failed.exit_code()), format!("{:?}", ExitCode::FAILURE));
}
