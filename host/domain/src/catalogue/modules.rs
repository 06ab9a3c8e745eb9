//! The modules inside a runtime image, and which dotted names are none of them.

use super::Package;
use std::collections::HashMap;

/// The modules of a runtime image's packages, as a tree.
///
/// Only a package that one distribution owns whole can tell that it lacks a module. A namespace that several distributions
/// share, and a module without others below it, cannot: whatever is asked for below them may be there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Modules(HashMap<String, Node>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Node {
    /// The distribution that owns the package; none for a namespace and for a plain module.
    owner: Option<Package>,
    children: HashMap<String, Self>,
}

impl Modules {
    /// Reads a line `name==version` for each distribution and, below it, a line ` package child child …` for each package
    /// that it owns; anything else is left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut root = Node::default();
        let mut owner = None;
        for line in text.lines() {
            let Some(package) = line.strip_prefix(' ') else {
                let pin = line.split_once("==");
                owner = pin.map(|(name, version)| Package { name: name.to_owned(), version: version.to_owned() });
                continue;
            };
            let mut words = package.split(' ');
            let node = words.next().unwrap_or_default().split('.').fold(&mut root, Node::child);
            node.owner.clone_from(&owner);
            words.for_each(|child| {
                node.child(child);
            });
        }
        Self(root.children)
    }

    /// The package that should have `module` (dotted) and has not; none where it is inside, or nobody can tell.
    ///
    /// Private modules (`_x`) and tests are not in the tree, so nobody can tell of them either.
    #[must_use]
    pub fn lacking(&self, module: &str) -> Option<&Package> {
        let is_untold = |part: &str| part.starts_with('_') || matches!(part, "test" | "tests");
        let mut parts = module.split('.');
        let mut node = self.0.get(parts.next()?)?;
        for part in parts.take_while(|part| !is_untold(part)) {
            match node.children.get(part) {
                Some(child) => node = child,
                None => return node.owner.as_ref(),
            }
        }
        None
    }
}

impl Node {
    fn child(&mut self, name: &str) -> &mut Self {
        self.children.entry(name.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "langchain==1.0.3\n langchain agents tools\n langchain.agents middleware\nlanggraph==1.0.2\n langgraph.graph state\n";

    fn lacking(module: &str) -> Option<String> {
        let found = Modules::parse(TEXT).lacking(module).cloned();
        found.map(|package| format!("{} {}", package.name, package.version))
    }

    #[test]
    fn what_a_package_has_not_is_lacking_however_deep() {
        for module in
            ["langchain.chains", "langchain.chains.llm", "langchain.agents.x", "langchain.agents.x.middleware"]
        {
            assert_eq!(lacking(module).as_deref(), Some("langchain 1.0.3"), "{module}");
        }
        assert_eq!(lacking("langgraph.graph.message").as_deref(), Some("langgraph 1.0.2"));
    }

    #[test]
    fn what_is_inside_is_not_lacking() {
        for module in ["langchain", "langchain.agents", "langchain.agents.middleware", "langgraph.graph.state"] {
            assert_eq!(lacking(module), None, "{module}");
        }
    }

    #[test]
    fn nobody_can_tell_of_strangers_namespaces_plain_modules_and_what_is_private_or_for_tests() {
        for module in [
            "pandas.io",
            "langgraph.checkpoint.sqlite",
            "langchain.tools.x",
            "langchain._api.x",
            "langchain.agents.tests.x",
            "",
            ".",
            "langchain_x",
        ] {
            assert_eq!(lacking(module), None, "{module}");
        }
    }

    #[test]
    fn a_text_that_is_no_list_has_no_modules() {
        assert_eq!(Modules::parse("").lacking("a.b"), None);
        assert_eq!(Modules::parse(" a b\n").lacking("a.c"), None, "nobody owns it");
    }
}
