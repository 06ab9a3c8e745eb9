//! Whether a runtime image's packages satisfy a requirement (PEP 508 and PEP 440).
//!
//! Invariants: a marker that is false for the runtime makes its requirement not apply; a URL or a line that is no PEP 508
//! is never held; an extra is held only where the runtime image says that what it asks for is inside.

use crate::words;
use pep508_rs::pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};
use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;
use windlass_outline::python::name::normal_name;
use windlass_plugin_sdk::{Claim, Package};

/// A requirement as written, and as far as it can be understood.
#[derive(Debug)]
pub struct Needed {
    /// In the project's own words.
    pub text: String,
    /// Declared by the project or its author, not inferred from its code.
    pub is_declared: bool,
    /// An index has it as source only.
    pub is_sdist: bool,
    /// The version that a lock pins it to.
    pub locked: Option<String>,
    /// What a constraints file asks of its version.
    constraint: Option<VersionSpecifiers>,
    kind: Kind,
}

/// Who can provide a requirement.
#[derive(Debug)]
enum Kind {
    /// A named package of the Python index.
    Python(Parsed),
    /// A package of the npm registry.
    Npm,
    /// A URL, a path, a version control system, an option, or a text that is none of them, where its marker is true.
    Source(MarkerTree),
    /// A package of the operating system.
    System,
}

/// The parts of a requirement that decide. Versions and markers are the crates' work; the split is ours, since
/// `pep508_rs::Requirement` brings a regular expression engine for its error texts: a component of 1,216 KB, not 241.
#[derive(Debug)]
struct Parsed {
    /// Normalised (PEP 503).
    name: String,
    /// Normalised, in order.
    extras: Vec<String>,
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
    extras: HashSet<(String, String)>,
    environment: Option<MarkerEnvironment>,
}

impl Needed {
    /// A declared requirement of the Python index; any text is taken.
    pub fn parse(text: &str) -> Self {
        let kind = match Parsed::parse(text) {
            Some(parsed) if parsed.range.is_some() => Kind::Python(parsed),
            Some(parsed) => Kind::Source(parsed.marker),
            None => Kind::Source(MarkerTree::TRUE),
        };
        Self { text: text.to_owned(), is_declared: true, is_sdist: false, locked: None, constraint: None, kind }
    }

    /// What a claim of the kind `requirement` says; `None` where it is of another language's registry.
    pub fn of(claim: &Claim, language: Option<&str>) -> Option<Self> {
        let is_declared = claim.attribute("origin") != Some("inferred");
        let is_sdist = claim.attribute("artifact") == Some("sdist");
        let text = claim.value.clone();
        let kind = match (claim.attribute("ecosystem").unwrap_or("pypi"), language) {
            ("npm", Some("javascript") | None) => {
                let (_, range) = text.get(1..).and_then(|rest| rest.split_once('@')).unwrap_or_default();
                if range.contains([':', '/']) { Kind::Source(MarkerTree::TRUE) } else { Kind::Npm }
            }
            ("pypi", Some("python") | None) => Self::parse(&text).kind,
            ("pypi" | "npm", _) => return None,
            _ => Kind::System,
        };
        let locked = claim.attribute("locked").map(str::to_owned);
        let constraint = claim.attribute("constraint").and_then(Parsed::parse).and_then(|parsed| parsed.range);
        Some(Self { text, is_declared, is_sdist, locked, constraint, kind })
    }

    /// True for what a wheel or a package of a registry can satisfy. False for VCS, URLs, paths, options, system packages.
    pub fn is_from_index(&self) -> bool {
        matches!(self.kind, Kind::Python(_) | Kind::Npm) && !self.is_sdist
    }

    /// Why a real builder is needed for it.
    pub fn needs_a_build(&self) -> &'static str {
        match self.kind {
            Kind::System => "a package of the operating system",
            Kind::Source(_) => "no package of an index",
            Kind::Python(_) | Kind::Npm => "on its index as source only",
        }
    }

    /// In a sentence: its text, and the version of the lock.
    pub fn shown(&self) -> String {
        match &self.locked {
            Some(locked) if !self.text.contains(locked.as_str()) => {
                format!("{} (locked at {locked})", words::clip(&self.text))
            }
            _ => self.text.clone(),
        }
    }

    /// The normalised name of a Python package.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Python(parsed) => Some(&parsed.name),
            Kind::Npm | Kind::Source(_) | Kind::System => None,
        }
    }

    /// True for a Python package of any version.
    pub fn is_unpinned(&self) -> bool {
        self.locked.is_none()
            && self.constraint.is_none()
            && matches!(&self.kind, Kind::Python(parsed) if parsed.range.as_ref().is_some_and(VersionSpecifiers::is_empty))
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
        let (extras, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let extras = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(normal_name).collect();
        let rest = rest.trim_start();
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
        Some(Self { name: normal_name(name), extras, range, marker })
    }
}

impl Installed {
    /// `python` is the major and minor version, e.g. `3.11`. Agents run on Linux.
    pub fn new(packages: Vec<Package>, extras: Vec<(String, String)>, python: &str, architecture: &str) -> Self {
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
        Self { packages: packages.collect(), extras: extras.into_iter().collect(), environment: environment.ok() }
    }

    /// What this runtime image has to say about `needed`.
    pub fn verdict(&self, needed: &Needed) -> Verdict {
        let marker = match &needed.kind {
            Kind::Python(parsed) => &parsed.marker,
            Kind::Source(marker) => marker,
            Kind::Npm | Kind::System => return Verdict::Missing,
        };
        if self.environment.as_ref().is_some_and(|environment| !marker.evaluate(environment, &[])) {
            return Verdict::Irrelevant;
        }
        let Kind::Python(parsed) = &needed.kind else { return Verdict::Missing };
        let Some(version) = self.packages.get(&parsed.name) else { return Verdict::Missing };
        let has = |extra: &String| self.extras.contains(&(parsed.name.clone(), extra.clone()));
        // An import proves its package; which of its extras the project had is a guess.
        let has_extras = !needed.is_declared || parsed.extras.iter().all(has);
        let is_in = |range: &VersionSpecifiers| {
            range.is_empty() || Version::from_str(version).is_ok_and(|version| range.contains(&version))
        };
        let is_locked = |locked: &String| match (Version::from_str(version), Version::from_str(locked)) {
            (Ok(version), Ok(locked)) => version == locked,
            _ => version == locked,
        };
        let is_held = has_extras
            && parsed.range.as_ref().is_some_and(is_in)
            && needed.constraint.as_ref().is_none_or(is_in)
            && needed.locked.as_ref().is_none_or(is_locked);
        if is_held { Verdict::Held } else { Verdict::Missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::Claims;

    fn verdict(text: &str) -> Verdict {
        let package = |name: &str, version: &str| Package { name: name.into(), version: version.into() };
        let packages =
            vec![package("runagents", "1.4.2"), package("langchain-openai", "0.3.1"), package("odd", "not-a-version")];
        let extras = vec![("runagents".to_owned(), "x".to_owned())];
        Installed::new(packages, extras, "3.11", "amd64").verdict(&Needed::parse(text))
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
            "runagents[x,y]",
            "langchain-openai[x]",
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
        assert_eq!(verdict("x @ git+https://h/x ; sys_platform == 'win32'"), Verdict::Irrelevant);
        assert_eq!(verdict("tomli; python_version >= '3.11'"), Verdict::Missing);
        assert_eq!(verdict("runagents; platform_machine == 'x86_64' and os_name == 'posix'"), Verdict::Held);
    }

    #[test]
    fn a_lock_and_a_constraint_are_held_to() {
        let mut claims = Claims::default();
        for (attribute, value) in [
            ("locked", "1.4.2"),
            ("locked", "1.4.2.0"),
            ("locked", "1.4.1"),
            ("constraint", "a>1.4"),
            ("constraint", "a<1.4"),
        ] {
            claims.requirement("a>=1", "declared", 1.0).attribute(attribute, value);
        }
        let package = Package { name: "a".into(), version: "1.4.2".into() };
        let installed = Installed::new(vec![package], Vec::new(), "3.11", "amd64");
        let needed: Vec<Needed> = claims.as_slice().iter().filter_map(|claim| Needed::of(claim, None)).collect();
        let held: Vec<bool> = needed.iter().map(|needed| installed.verdict(needed) == Verdict::Held).collect();
        assert_eq!(held, [true, true, false, true, false]);
        assert_eq!(needed[2].shown(), "a>=1 (locked at 1.4.1)");
    }

    #[test]
    fn an_inferred_extra_is_a_guess_and_a_declared_one_is_not() {
        let mut claims = Claims::default();
        claims.requirement("runagents[y]", "declared", 1.0);
        claims.requirement("runagents[y]", "inferred", 1.0);
        let needed: Vec<Needed> = claims.as_slice().iter().filter_map(|claim| Needed::of(claim, None)).collect();
        let package = Package { name: "runagents".into(), version: "1".into() };
        let installed = Installed::new(vec![package], Vec::new(), "3.11", "amd64");
        let verdicts: Vec<Verdict> = needed.iter().map(|needed| installed.verdict(needed)).collect();
        assert_eq!(verdicts, [Verdict::Missing, Verdict::Held]);
    }

    #[test]
    fn a_requirement_is_of_the_projects_own_registry_or_of_the_system() {
        let mut claims = Claims::default();
        claims.requirement("hono@^4", "declared", 1.0).attribute("ecosystem", "npm");
        claims.requirement("@acme/x@github:acme/x", "declared", 1.0).attribute("ecosystem", "npm");
        claims.requirement("ffmpeg", "declared", 1.0).attribute("ecosystem", "apt");
        claims.requirement("old", "inferred", 1.0).attribute("artifact", "sdist");
        let of = |language| -> Vec<_> {
            let needed = claims.as_slice().iter().filter_map(|claim| Needed::of(claim, Some(language)));
            needed.map(|needed| (needed.text.clone(), needed.is_from_index())).collect()
        };
        assert_eq!(of("python"), [("ffmpeg".to_owned(), false), ("old".to_owned(), false)]);
        let npm =
            [("hono@^4".to_owned(), true), ("@acme/x@github:acme/x".to_owned(), false), ("ffmpeg".to_owned(), false)];
        assert_eq!(of("javascript"), npm);
    }

    #[test]
    fn only_named_packages_come_from_an_index() {
        assert!(Needed::parse("requests>=2").is_from_index());
        for text in ["a @ https://h/a.whl", "-e ./x", "./x"] {
            assert!(!Needed::parse(text).is_from_index(), "{text}");
        }
    }
}
