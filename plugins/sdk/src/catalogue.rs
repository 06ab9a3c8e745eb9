//! What the host can do: the menu that a strategy chooses from.

pub use crate::bindings::strategy::windlass::plugin::plan::PackageVersion as Package;

/// Builders, runtime images and architectures of the host. The host's own answers lazily, so ask for what you need.
pub trait Catalogue {
    /// The builders that exist, e.g. `overlay`.
    fn builders(&self) -> Vec<String>;
    /// The architectures that agents can run on, in OCI's words.
    fn architectures(&self) -> Vec<String>;
    /// The names of the runtime images, small ones first.
    fn runtimes(&self) -> Vec<String>;
    /// The language of a runtime image and its major and minor version.
    fn language(&self, runtime: &str) -> Option<(String, String)>;
    /// Every package inside a runtime image.
    fn packages(&self, runtime: &str) -> Vec<Package>;
    /// Those of the normalised `names` that are inside a runtime image, in their order: far cheaper than a list of all.
    fn find_packages(&self, runtime: &str, names: &[String]) -> Vec<Package>;
    /// The extras of those packages whose requirements are all inside: package and extra.
    fn extras(&self, runtime: &str) -> Vec<(String, String)>;
    /// Those of the dotted `modules` that a runtime image lacks though it holds the package that should have them: each
    /// with that package.
    fn missing_modules(&self, runtime: &str, modules: &[String]) -> Vec<(String, Package)>;
    /// The run kinds that a runtime image can start.
    fn run_kinds(&self, runtime: &str) -> Vec<String>;
    /// The base image of what is built on it.
    fn base(&self, runtime: &str) -> Option<String>;
}

/// A catalogue written down: for tests and native runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Menu {
    /// The builders.
    pub builders: Vec<String>,
    /// The architectures.
    pub architectures: Vec<String>,
    /// The runtime images, small ones first.
    pub runtimes: Vec<Runtime>,
}

/// A runtime image written down.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runtime {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The language's major and minor version.
    pub language_version: String,
    /// The packages inside.
    pub packages: Vec<Package>,
    /// The extras whose requirements are all inside: package and extra.
    pub extras: Vec<(String, String)>,
    /// Modules that it lacks, each with the package inside that should have it.
    pub missing_modules: Vec<(String, Package)>,
    /// The run kinds it can start.
    pub run_kinds: Vec<String>,
    /// Its base image.
    pub base: Option<String>,
}

impl Menu {
    fn runtime(&self, name: &str) -> Option<&Runtime> {
        self.runtimes.iter().find(|runtime| runtime.name == name)
    }
}

impl Catalogue for Menu {
    fn builders(&self) -> Vec<String> {
        self.builders.clone()
    }

    fn architectures(&self) -> Vec<String> {
        self.architectures.clone()
    }

    fn runtimes(&self) -> Vec<String> {
        self.runtimes.iter().map(|runtime| runtime.name.clone()).collect()
    }

    fn language(&self, runtime: &str) -> Option<(String, String)> {
        self.runtime(runtime).map(|runtime| (runtime.language.clone(), runtime.language_version.clone()))
    }

    fn packages(&self, runtime: &str) -> Vec<Package> {
        self.runtime(runtime).map(|runtime| runtime.packages.clone()).unwrap_or_default()
    }

    fn find_packages(&self, runtime: &str, names: &[String]) -> Vec<Package> {
        let packages = self.runtime(runtime).map(|runtime| runtime.packages.as_slice()).unwrap_or_default();
        names.iter().filter_map(|name| packages.iter().find(|package| package.name == *name).cloned()).collect()
    }

    fn extras(&self, runtime: &str) -> Vec<(String, String)> {
        self.runtime(runtime).map(|runtime| runtime.extras.clone()).unwrap_or_default()
    }

    fn missing_modules(&self, runtime: &str, modules: &[String]) -> Vec<(String, Package)> {
        let missing = self.runtime(runtime).map(|runtime| runtime.missing_modules.as_slice()).unwrap_or_default();
        modules.iter().filter_map(|module| missing.iter().find(|(lacking, _)| lacking == module).cloned()).collect()
    }

    fn run_kinds(&self, runtime: &str) -> Vec<String> {
        self.runtime(runtime).map(|runtime| runtime.run_kinds.clone()).unwrap_or_default()
    }

    fn base(&self, runtime: &str) -> Option<String> {
        self.runtime(runtime).and_then(|runtime| runtime.base.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_by_name_in_the_order_that_they_are_asked_for() {
        let package = |name: &str| Package { name: name.into(), version: "1".into() };
        let packages = ["a", "b", "c"].map(package).to_vec();
        let runtime = Runtime { name: "python".into(), packages, ..Runtime::default() };
        let menu = Menu { runtimes: vec![runtime], ..Menu::default() };
        let found = |runtime: &str| -> Vec<String> {
            let names = ["c", "x", "a"].map(str::to_owned);
            menu.find_packages(runtime, &names).into_iter().map(|package| package.name).collect()
        };
        assert_eq!(found("python"), ["c", "a"]);
        assert!(found("node").is_empty());
    }
}
