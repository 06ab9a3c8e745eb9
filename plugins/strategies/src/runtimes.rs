//! The runtime images of the project's language, and which way of starting it fits them.

use crate::languages;
use crate::project::Project;
use crate::requirements::Installed;
use crate::ways::{DOCKERFILE, Way};
use crate::words;
use windlass_plugin_sdk::{Catalogue, Detail, PluginError};

/// The builder that can build anything.
pub const FULL: &str = "full";

/// A runtime image of the project's language.
#[derive(Debug)]
pub struct RuntimeImage {
    /// Its name in the catalogue.
    pub name: String,
    /// Its language and version, e.g. `python 3.11`.
    pub language: String,
    /// What it starts.
    pub run_kinds: Vec<String>,
    version: String,
    architecture: String,
}

impl RuntimeImage {
    /// What is inside of that which the project requires.
    pub fn installed(&self, project: &Project, catalogue: &dyn Catalogue) -> Installed {
        let (packages, extras) = if project.needed.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let names: Vec<String> =
                project.needed.iter().filter_map(|needed| needed.name().map(str::to_owned)).collect();
            (catalogue.find_packages(&self.name, &names), catalogue.extras(&self.name))
        };
        Installed::new(packages, extras, &self.version, &self.architecture)
    }
}

/// The images of the project's language in the catalogue's order (small ones first), and the others by name.
#[derive(Debug)]
pub struct Runtimes {
    /// Those of the project's language.
    pub own: Vec<RuntimeImage>,
    /// The others: `python 3.11 (python)`.
    pub others: Vec<String>,
}

impl Runtimes {
    /// Reads the catalogue, without what is inside of each.
    pub fn read(project: &Project, catalogue: &dyn Catalogue) -> Self {
        let architecture = catalogue.architectures().into_iter().next().unwrap_or_default();
        let mut runtimes = Self { own: Vec::new(), others: Vec::new() };
        for name in catalogue.runtimes() {
            let Some((language, version)) = catalogue.language(&name) else { continue };
            if Some(language.as_str()) != project.language {
                runtimes.others.push(format!("{language} {version} ({name})"));
                continue;
            }
            runtimes.own.push(RuntimeImage {
                run_kinds: catalogue.run_kinds(&name),
                language: format!("{language} {version}"),
                architecture: architecture.clone(),
                version,
                name,
            });
        }
        runtimes
    }

    /// True when an image of the language starts this run kind.
    fn starts(&self, way: &Way) -> bool {
        self.own.iter().any(|image| image.run_kinds.contains(&way.run_kind))
    }

    /// The run kinds that the images of the language start, each once.
    fn run_kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for kind in self.own.iter().flat_map(|image| &image.run_kinds) {
            if !kinds.contains(&kind.as_str()) {
                kinds.push(kind);
            }
        }
        kinds
    }
}

/// The way that was chosen; the default where nobody can tell one.
#[derive(Debug, Default, Clone, Copy)]
pub struct Chosen<'a> {
    /// The way.
    pub way: Option<&'a Way>,
    /// The package that must be added for it, which the project does not name.
    pub adds: Option<&'static str>,
    /// A stronger way that cannot be taken here.
    pub instead_of: Option<&'a Way>,
}

/// Chooses the strongest way that can be started: by a runtime image as it is, or once a package that the project
/// requires is there; then one whose package must be added; then what only a full build can start.
pub fn choose<'a>(
    project: &'a Project,
    runtimes: &Runtimes,
    catalogue: &dyn Catalogue,
) -> Result<Chosen<'a>, PluginError> {
    let Some(strongest) = project.ways.first() else { return Ok(Chosen::default()) };
    if runtimes.own.is_empty() {
        return Ok(Chosen { way: Some(strongest), ..Chosen::default() });
    }
    let can_build = catalogue.builders().iter().any(|builder| builder == FULL);
    let requires = |package| project.needed.iter().any(|needed| needed.name() == Some(package));
    let is_at_hand = |way: &&Way| {
        runtimes.starts(way) || way.package().is_some_and(requires) || can_build && way.run_kind == DOCKERFILE
    };
    let at_hand = project.ways.iter().find(is_at_hand).map(|way| (way, None));
    let with_package = || project.ways.iter().find_map(|way| Some((way, Some(way.package()?))));
    let with_build = || project.ways.iter().find(|way| way.run_kind == DOCKERFILE).map(|way| (way, None));
    let (way, adds) = at_hand
        .or_else(with_package)
        .or_else(with_build)
        .ok_or_else(|| unsupported_run_kind(project, strongest, runtimes))?;
    Ok(Chosen { way: Some(way), adds, instead_of: Some(strongest).filter(|strongest| *strongest != way) })
}

fn unsupported_run_kind(project: &Project, way: &Way, runtimes: &Runtimes) -> PluginError {
    let language = project.language.map_or("this", languages::name);
    let mut detail = Detail::new(
        "unsupported_run_kind",
        format!(
            "`{}` is {}, and the {language} runtime images of this host start {}: give it a `handler` function, name another file in `entry_point`, or deploy an image",
            project.entry_point,
            way.name(),
            words::list(runtimes.run_kinds())
        ),
    );
    detail.ext.push(("run_kind".to_owned(), way.run_kind.clone()));
    PluginError::InvalidInput(detail)
}
