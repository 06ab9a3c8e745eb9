//! Whether a runtime image's packages satisfy a requirement (PEP 508 and PEP 440).
//!
//! Invariants: a marker that is false for the runtime makes its requirement not apply; a URL or a line that is no PEP 508
//! is never held; extras are not looked into, since a package list does not tell which were installed.

use pep508_rs::pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};
use std::collections::HashMap;
use std::str::FromStr as _;
use windlass_outline::python::name::normal_name;
use windlass_plugin_sdk::Package;

/// A requirement as written, and as far as it can be understood.
#[derive(Debug)]
pub struct Needed {
    /// In the project's own words.
    pub text: String,
    parsed: Option<Parsed>,
}

/// The parts of a requirement that decide. Versions and markers are the crates' work; the split is ours, since
/// `pep508_rs::Requirement` brings a regular expression engine for its error texts: a component of 1,216 KB, not 241.
#[derive(Debug)]
struct Parsed {
    /// Normalised (PEP 503).
    name: String,
    /// None for a URL.
    range: Option<VersionSpecifiers>,
    marker: MarkerTree,
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
    /// Versions as they came: a list is long, and few of it are asked about.
    packages: HashMap<String, String>,
    environment: Option<MarkerEnvironment>,
}

impl Needed {
    /// Reads one requirement; any text is taken.
    pub fn parse(text: &str) -> Self {
        Self { text: text.to_owned(), parsed: Parsed::parse(text) }
    }

    /// True for a named package in a range of versions: what a wheel can satisfy. False for VCS, URLs, paths, options.
    pub fn is_from_index(&self) -> bool {
        self.parsed.as_ref().is_some_and(|parsed| parsed.range.is_some())
    }
}

impl Parsed {
    /// `name [extras] range ; marker` or `name [extras] @ url ; marker`; none for anything else.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end =
            text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']')?.1.trim_start(),
            None => rest,
        };
        // Inside a URL a `;` is part of it unless white space stands before it.
        let (target, marker) =
            if rest.starts_with('@') { rest.split_once(" ;") } else { rest.split_once(';') }.unwrap_or((rest, ""));
        let marker = if marker.trim().is_empty() { MarkerTree::TRUE } else { MarkerTree::from_str(marker).ok()? };
        let target = target.trim();
        let range = if target.starts_with('@') {
            None
        } else {
            let inner = target.strip_prefix('(').and_then(|target| target.strip_suffix(')')).unwrap_or(target);
            Some(VersionSpecifiers::from_str(inner).ok()?)
        };
        Some(Self { name: normal_name(name), range, marker })
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
        let packages = packages.into_iter().map(|package| (package.name, package.version));
        Self { packages: packages.collect(), environment: environment.ok() }
    }

    /// What this runtime image has to say about `needed`.
    pub fn verdict(&self, needed: &Needed) -> Verdict {
        let Some(parsed) = &needed.parsed else { return Verdict::Missing };
        if self.environment.as_ref().is_some_and(|environment| !parsed.marker.evaluate(environment, &[])) {
            return Verdict::Irrelevant;
        }
        let Some(version) = self.packages.get(&parsed.name) else { return Verdict::Missing };
        let is_held = parsed.range.as_ref().is_some_and(|range| {
            range.is_empty() || Version::from_str(version).is_ok_and(|version| range.contains(&version))
        });
        if is_held { Verdict::Held } else { Verdict::Missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Verdict {
        let package = |name: &str, version: &str| Package { name: name.into(), version: version.into() };
        let packages =
            vec![package("runagents", "1.4.2"), package("langchain-openai", "0.3.1"), package("odd", "not-a-version")];
        Installed::new(packages, "3.11", "amd64").verdict(&Needed::parse(text))
    }

    #[test]
    fn ranges_extras_and_spellings_are_held() {
        for text in [
            "runagents",
            "runagents>=0.2.0",
            "RunAgents[x] ~=1.4",
            "Langchain_OpenAI >=0.3,<1",
            "odd",
            "runagents==1.4.*",
            "runagents (>=1.0)",
            "langchain-._openai<1 ;",
        ] {
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
            "runagents[x",
            "runagents; nonsense",
            "runagents @ https://h/a;b.whl ; os_name == 'posix'",
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
