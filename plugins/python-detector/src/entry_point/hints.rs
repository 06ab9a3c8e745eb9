//! What the project's own files say about its start, beside the code: each hint names one file of the tree.

use super::command::{Command, Target};
use super::start::RunKind;
use super::{config, deployment, readme};
use crate::local_modules::LocalModules;
use crate::modules::{Module, has_ending};
use windlass_outline::paths::{self, folder};
use windlass_plugin_sdk::Files;

/// One hint.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The file, by its place in the tree.
    pub module: usize,
    /// How it starts, where the hint tells.
    pub kind: Option<RunKind>,
    /// What answers in it, where the hint tells.
    pub object: Option<String>,
    /// The words behind it.
    pub args: Vec<String>,
    /// The rule that found it.
    pub rule: &'static str,
    /// How much it adds to the file's likelihood.
    pub weight: f32,
    /// The file that gives it.
    pub file: String,
    /// The line there, from 1.
    pub line: Option<u32>,
}

/// Where a hint was read.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The file.
    pub file: &'a str,
    /// The line there, from 1.
    pub line: Option<u32>,
    /// The folder that commands run in.
    pub folder: &'a str,
    /// The rule.
    pub rule: &'static str,
    /// The weight.
    pub weight: f32,
}

/// The hints of a tree, and what is needed to find the files that they name.
#[derive(Debug)]
pub struct Hints<'m> {
    modules: &'m [Module<'m>],
    local: &'m LocalModules<'m>,
    /// The project's own commands, with the module and function of each.
    pub commands: Vec<(String, String)>,
    /// Every hint, in the order found.
    pub found: Vec<Hint>,
    /// Files that a README tells to start and that are not there: README, line, file.
    pub absent: Vec<(String, u32, String)>,
}

impl<'m> Hints<'m> {
    /// Reads every file that may hold a hint.
    pub fn read(paths: &[String], files: &dyn Files, modules: &'m [Module<'m>], local: &'m LocalModules<'m>) -> Self {
        let mut hints = Self { modules, local, commands: Vec::new(), found: Vec::new(), absent: Vec::new() };
        config::read(paths, files, &mut hints);
        deployment::read(paths, files, &mut hints);
        readme::read(paths, files, &mut hints);
        hints
    }

    /// The files of the tree.
    pub fn modules(&self) -> &'m [Module<'m>] {
        self.modules
    }

    /// Notes what a command starts; false when it names a file that is not there.
    pub fn add(&mut self, command: &Command, place: Place<'_>) -> bool {
        let Some(module) = self.target(&command.target, place.folder) else {
            return !matches!(&command.target, Target::File(_));
        };
        let kind = match command.kind {
            // `python -m app.main` runs a file, `python -m app` its `__main__.py`.
            Some(RunKind::ModuleDir) if self.modules[module].name() != "__main__.py" => Some(RunKind::Script),
            Some(RunKind::Script) if self.modules[module].name() == "__main__.py" => Some(RunKind::ModuleDir),
            kind => kind,
        };
        self.found.push(Hint {
            module,
            kind,
            object: command.object.clone(),
            args: command.args.clone(),
            rule: place.rule,
            weight: place.weight,
            file: place.file.to_owned(),
            line: place.line,
        });
        true
    }

    /// The folder of the tree that `cd` leads to: a clone's own name and folders that are not there are left out.
    pub fn settle(&self, folder: &mut String) {
        while !self.local.is_folder(folder) {
            *folder = folder.split_once('/').map_or(String::new(), |(_, rest)| rest.to_owned());
        }
    }

    fn target(&self, target: &Target, folder: &str) -> Option<usize> {
        match target {
            Target::File(path) => self.file(folder, path),
            Target::Module(module) => self.module(folder, module),
            Target::Name(name) => {
                let (_, module) = self.commands.iter().find(|(command, _)| command == name)?;
                self.module(folder, module)
            }
            Target::Framework("adk", at) => {
                let root = at.as_deref().map(|at| join(folder, at)).unwrap_or_default();
                self.root_agent(&root)
            }
            // What the framework's command starts was told by its configuration, which was read before.
            Target::Framework("langgraph", _) => self.told_by(&[config::LANGGRAPH]),
            Target::Framework("crewai", _) => self.told_by(&["crewai-config", "project-script"]),
            Target::Framework(..) => None,
        }
    }

    fn told_by(&self, rules: &[&str]) -> Option<usize> {
        self.found.iter().find(|hint| rules.contains(&hint.rule)).map(|hint| hint.module)
    }

    /// The file at a path: from the command's folder, from the project's, or the only one that ends so.
    pub fn file(&self, folder: &str, path: &str) -> Option<usize> {
        let at = |path: &str| self.modules.iter().position(|module| module.path == path);
        let main = |path: &str| at(&join(path, "__main__.py"));
        let (beside, whole) = (join(folder, path), join("", path));
        let exact = at(&beside).or_else(|| at(&whole)).or_else(|| main(&beside)).or_else(|| main(&whole));
        exact.or_else(|| {
            // An image's path (`/app/main.py`) and a path from a folder that is not there end alike.
            let mut rest = whole.as_str();
            loop {
                if let Some(found) = at(rest).or_else(|| self.only_ending(rest)) {
                    return Some(found);
                }
                rest = rest.split_once('/')?.1;
            }
        })
    }

    fn only_ending(&self, path: &str) -> Option<usize> {
        let ends = |module: &&Module<'_>| module.path.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'));
        let mut found = self.modules.iter().enumerate().filter(|(_, module)| ends(module));
        let (first, _) = found.next().filter(|_| has_ending(path, "py"))?;
        found.next().is_none().then_some(first)
    }

    /// The file of a dotted module: from the command's folder, the project's, `src`, or the only one that ends so.
    pub fn module(&self, folder: &str, module: &str) -> Option<usize> {
        let roots = [folder, "", "src"];
        roots.iter().find_map(|root| self.local.file_from(root, module)).or_else(|| {
            let path = module.replace('.', "/");
            self.only_ending(&format!("{path}/__main__.py")).or_else(|| self.file("", &format!("{path}.py")))
        })
    }

    /// The shallowest file below a folder that defines ADK's `root_agent`.
    fn root_agent(&self, below: &str) -> Option<usize> {
        use super::shape::Sign;
        let agents = self.modules.iter().enumerate().filter(|(_, module)| {
            module.shape.has(Sign::RootAgent) && (below.is_empty() || module.path.starts_with(below))
        });
        agents.min_by_key(|(_, module)| module.path.matches('/').count()).map(|(index, _)| index)
    }
}

/// `folder/path` without `.` and `..`; a path as Windows writes it is one too.
pub fn join(folder: &str, path: &str) -> String {
    paths::join(folder, &path.replace('\\', "/"))
}

/// The text of each file whose name is asked for, the shallowest first; nothing deeper than three folders.
pub fn named(paths: &[String], files: &dyn Files, is_named: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    const DEEPEST: usize = 3;
    /// What is longer is no text that a person wrote to say how to start.
    const LONGEST: usize = 256 * 1024;
    let depth = |path: &String| path.matches('/').count();
    let name = |path: &str| paths::name(path).to_owned();
    let mut found: Vec<&String> = paths.iter().filter(|path| depth(path) <= DEEPEST && is_named(&name(path))).collect();
    found.sort_by_key(|path| depth(path));
    let read = |path: &String| files.read(path).ok().map(|text| (path.clone(), text));
    found.into_iter().filter_map(read).filter(|(_, text)| text.len() <= LONGEST).collect()
}

/// How much a file says that lies so deep.
pub fn nested(weight: f32, path: &str) -> f32 {
    if folder(path).is_empty() { weight } else { weight - 0.06 }
}
