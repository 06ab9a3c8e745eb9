//! Whether a runtime image's packages satisfy a requirement (PEP 508 and PEP 440).
//!
//! Invariants: a marker that is false for the runtime makes its requirement not apply; a URL or a line that is no PEP 508
//! is never held; extras are not looked into, since a package list does not tell which were installed.

use pep508_rs::pep440_rs::Version;
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, Pep508Url, Requirement, VersionOrUrl};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr as _;
use windlass_plugin_sdk::Package;

/// A URL that is only known to be one: nothing here fetches it.
#[derive(Debug, Clone)]
struct OpaqueUrl(String);

impl fmt::Display for OpaqueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pep508Url for OpaqueUrl {
    type Err = Infallible;

    fn parse_url(url: &str, _: Option<&Path>) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}

/// A requirement as written, and as far as it can be understood.
#[derive(Debug)]
pub struct Needed {
    /// In the project's own words.
    pub text: String,
    parsed: Option<Requirement<OpaqueUrl>>,
}

/// What a runtime image has to say about a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its marker is false here.
    Irrelevant,
    /// A package inside satisfies it.
    Held,
    /// No package inside satisfies it.
    Missing,
}

/// The packages of a runtime image and the environment that markers see there.
#[derive(Debug)]
pub struct Installed {
    packages: HashMap<String, Option<Version>>,
    environment: Option<MarkerEnvironment>,
}

impl Needed {
    /// Reads one requirement; any text is taken.
    pub fn parse(text: &str) -> Self {
        Self { text: text.to_owned(), parsed: Requirement::from_str(text).ok() }
    }

    /// True for a named package in a range of versions: what a wheel can satisfy. False for VCS, URLs, paths, options.
    pub fn is_from_index(&self) -> bool {
        self.parsed.as_ref().is_some_and(|parsed| !matches!(parsed.version_or_url, Some(VersionOrUrl::Url(_))))
    }
}

impl Installed {
    /// `python` is the major and minor version, e.g. `3.11`. Agents run on Linux.
    pub fn new(packages: Vec<Package>, python: &str, architecture: &str) -> Self {
        let machine = match architecture {
            "arm64" => "aarch64",
            _ => "x86_64",
        };
        // The patch level and the kernel are not decided yet: a marker on them sees the lowest.
        let full = format!("{python}.0");
        let environment = MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name: "posix",
            platform_machine: machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system: "Linux",
            platform_version: "",
            python_full_version: &full,
            python_version: python,
            sys_platform: "linux",
        });
        let packages = packages.into_iter().map(|package| (package.name, Version::from_str(&package.version).ok()));
        Self { packages: packages.collect(), environment: environment.ok() }
    }

    /// What this runtime image has to say about `needed`.
    pub fn verdict(&self, needed: &Needed) -> Verdict {
        let Some(parsed) = &needed.parsed else { return Verdict::Missing };
        if self.environment.as_ref().is_some_and(|environment| !parsed.marker.evaluate(environment, &[])) {
            return Verdict::Irrelevant;
        }
        let Some(version) = self.packages.get(parsed.name.as_ref() as &str) else { return Verdict::Missing };
        let is_held = match (&parsed.version_or_url, version) {
            (None, _) => true,
            (Some(VersionOrUrl::VersionSpecifier(range)), Some(version)) => range.contains(version),
            (Some(_), _) => false,
        };
        if is_held { Verdict::Held } else { Verdict::Missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Verdict {
        let package = |name: &str, version: &str| Package { name: name.into(), version: version.into() };
        let packages = vec![package("runagents", "1.4.2"), package("langchain-openai", "0.3.1"), package("odd", "not-a-version")];
        Installed::new(packages, "3.11", "amd64").verdict(&Needed::parse(text))
    }

    #[test]
    fn ranges_extras_and_spellings_are_held() {
        for text in ["runagents", "runagents>=0.2.0", "RunAgents[x] ~=1.4", "Langchain_OpenAI >=0.3,<1", "odd", "runagents==1.4.*"] {
            assert_eq!(verdict(text), Verdict::Held, "{text}");
        }
    }

    #[test]
    fn other_versions_names_urls_and_nonsense_are_missing() {
        for text in [
            "runagents<1",
            "runagents==1.4.1",
            "requests",
            "odd>=1",
            "runagents @ git+https://h/r.git",
            "-e ./x",
            "git+https://h/r.git",
            "what is this",
            "",
        ] {
            assert_eq!(verdict(text), Verdict::Missing, "{text}");
        }
    }

    #[test]
    fn a_marker_that_is_false_on_the_runtime_takes_its_requirement_out() {
        assert_eq!(verdict("pywin32; sys_platform == 'win32'"), Verdict::Irrelevant);
        assert_eq!(verdict("tomli; python_version < '3.11'"), Verdict::Irrelevant);
        assert_eq!(verdict("pytest; extra == 'dev'"), Verdict::Irrelevant);
        assert_eq!(verdict("tomli; python_version >= '3.11'"), Verdict::Missing);
        assert_eq!(verdict("runagents; platform_machine == 'x86_64' and os_name == 'posix'"), Verdict::Held);
    }

    #[test]
    fn only_named_packages_come_from_an_index() {
        assert!(Needed::parse("requests>=2").is_from_index());
        for text in ["a @ https://h/a.whl", "-e ./x", "./x"] {
            assert!(!Needed::parse(text).is_from_index(), "{text}");
        }
    }
}
