//! What scripts, Procfile and Dockerfile start, followed to the file or the runner at the end.

use crate::command::{Launch, Runner, launch};
use crate::paths::{join, name};
use crate::project::Project;
use crate::shell::{Words, commands};
use windlass_outline::javascript::manifest::Manifest;

/// How many steps are followed from one script.
const MOST_STEPS: usize = 64;

/// The end of a chain of scripts.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The folder that it runs in.
    pub folder: String,
    /// What it starts.
    pub what: What,
    /// True inside `genkit start -- …`.
    pub genkit: bool,
}

/// What the end of a chain starts.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A file with arguments.
    File(String, Vec<String>),
    /// A framework's runner with arguments.
    Framework(Runner, Vec<String>),
}

/// A command on the way.
struct Step {
    words: Words,
    folder: String,
    genkit: bool,
    /// The command line that it is on: a change of the folder holds for the rest of it.
    line: usize,
}

/// Everything that a command line starts in a folder, in order.
pub fn endings(project: &Project<'_>, folder: &str, line: &str) -> Vec<Ending> {
    let mut found = Vec::new();
    let mut open: Vec<Step> = Vec::new();
    push_lines(&mut open, [line], folder, false);
    for _ in 0..MOST_STEPS {
        let Some(step) = open.pop() else { break };
        let folder = step.folder;
        match launch(&step.words) {
            Some(Launch::File { path, args }) => {
                found.push(Ending { folder, what: What::File(path, args), genkit: step.genkit });
            }
            Some(Launch::Framework { runner, args }) => {
                found.push(Ending { folder, what: What::Framework(runner, args), genkit: step.genkit });
            }
            Some(Launch::Genkit(words)) => open.push(Step { words, folder, genkit: true, line: step.line }),
            Some(Launch::Lines(lines)) => {
                push_lines(&mut open, lines.iter().map(String::as_str), &folder, step.genkit);
            }
            Some(Launch::Folder(inner)) => {
                for later in open.iter_mut().filter(|later| later.line == step.line) {
                    later.folder = join(&folder, &inner);
                }
            }
            Some(Launch::Script { name, package }) => {
                for manifest in packages(project, &folder, package.as_deref()) {
                    push_lines(&mut open, scripts(manifest, &name), manifest.folder(), step.genkit);
                }
            }
            None => {}
        }
    }
    found
}

/// Puts the commands of lines on the stack, so that the first comes off first.
fn push_lines<'l>(open: &mut Vec<Step>, lines: impl IntoIterator<Item = &'l str>, folder: &str, genkit: bool) {
    let first = open.iter().map(|step| step.line + 1).max().unwrap_or_default();
    let lines = (first..).zip(lines);
    let steps: Vec<_> = lines.flat_map(|(at, line)| commands(line).into_iter().map(move |words| (at, words))).collect();
    let folder = || folder.to_owned();
    open.extend(steps.into_iter().rev().map(|(line, words)| Step { words, folder: folder(), genkit, line }));
}

/// The scripts of a name; `dev:*` names several.
fn scripts<'m>(manifest: &'m Manifest, name: &str) -> impl Iterator<Item = &'m str> {
    let (before, several) = name.split_once('*').map_or((name, false), |(before, _)| (before, true));
    manifest
        .scripts()
        .filter(move |(known, _)| if several { known.starts_with(before) } else { *known == before })
        .map(|(_, line)| line)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The packages that a filter names: by name, by folder, or all but the root.
fn packages<'p>(project: &Project<'p>, folder: &str, filter: Option<&str>) -> Vec<&'p Manifest> {
    let manifests = project.manifests.iter();
    let Some(filter) = filter else { return manifests.filter(|manifest| manifest.folder() == folder).collect() };
    let filter = filter.trim_end_matches("...").trim_start_matches("./").trim_matches(['{', '}']);
    if filter == "*" {
        return manifests.filter(|manifest| !manifest.folder().is_empty()).collect();
    }
    let place = join(folder, filter);
    manifests
        .filter(|manifest| {
            manifest.name() == filter
                || manifest.folder() == place
                || manifest.name().rsplit('/').next() == Some(filter)
        })
        .collect()
}

/// The process that a Procfile starts, with its line: `web` before `worker`.
pub fn procfile(text: &str) -> Option<(&str, u32)> {
    let mut lines = (1..).zip(text.lines()).filter_map(|(number, line)| {
        let (process, command) = line.split_once(':')?;
        Some((process.trim(), command.trim(), number))
    });
    let found = lines.clone().find(|(process, ..)| *process == "web").or_else(|| lines.next())?;
    Some((found.1, found.2))
}

/// What the last stage of a Dockerfile starts, as one command line, with its line number.
pub fn dockerfile(text: &str) -> Option<(String, u32)> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let (mut entry, mut command, mut folder) = (None, None, String::new());
    for (number, line) in (1_u32..).zip(joined.lines()) {
        let Some((word, rest)) = line.trim().split_once(char::is_whitespace) else { continue };
        match word.to_ascii_uppercase().as_str() {
            "FROM" => (entry, command) = (None, None),
            "WORKDIR" => rest.trim().trim_matches('/').clone_into(&mut folder),
            "ENTRYPOINT" => entry = Some((exec_form(rest), number)),
            "CMD" => command = Some((exec_form(rest), number)),
            _ => {}
        }
    }
    let entry = entry.filter(|(line, _)| !line.contains("entrypoint"));
    let (line, number) = match (entry, command) {
        (Some((entry, number)), Some((command, _))) => (format!("{entry} {command}"), number),
        (entry, command) => entry.or(command)?,
    };
    let inside = |word: &str| match word.strip_prefix('/').and_then(|path| path.strip_prefix(folder.as_str())) {
        Some(path) if !folder.is_empty() => path.trim_start_matches('/').to_owned(),
        _ => word.to_owned(),
    };
    Some((line.split(' ').map(inside).collect::<Vec<_>>().join(" "), number))
}

/// `["node", "a.js"]` as a line; a line stays, without `sh -c`.
fn exec_form(text: &str) -> String {
    let words: Option<Vec<String>> = serde_json::from_str(text.trim()).ok();
    match words.as_deref() {
        Some([shell, flag, line]) if name(shell).ends_with("sh") && flag.ends_with('c') => line.clone(),
        Some(words) => words.join(" "),
        None => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_outline::javascript::resolve::Layout;
    use windlass_plugin_sdk::{Files, files::tree};

    fn ended(files: &[(&str, &str)], script: &str) -> Vec<(String, String)> {
        let files = tree(files);
        let (paths, texts) = (files.paths(), Vec::new());
        let layout = Layout::read(&paths.iter().map(String::as_str).collect::<Vec<_>>(), &|path| files.read(path).ok());
        let project = Project::new(&paths, &files, &layout, &texts);
        let found =
            endings(&project, "", layout.manifests[0].scripts().find(|(name, _)| *name == script).expect("a script").1);
        let shown = found.into_iter().map(|ending| {
            let what = match ending.what {
                What::File(path, args) => [vec![path], args].concat().join(" "),
                What::Framework(runner, _) => format!("{runner:?}"),
            };
            (ending.folder, what)
        });
        shown.collect()
    }

    #[test]
    fn chains_of_scripts_are_followed_into_other_packages() {
        let files = [
            (
                "package.json",
                r#"{"scripts": {"start": "npm run build && npm run go", "go": "cd api && node a.js", "dev": "concurrently \"npm:dev:*\"",
                "dev:a": "vite", "dev:b": "pnpm --filter @me/api dev", "loop": "npm run loop", "build": "tsc"}}"#,
            ),
            ("api/package.json", r#"{"name": "@me/api", "scripts": {"dev": "tsx watch src/index.ts"}}"#),
        ];
        let own = |folder: &str, what: &str| (folder.to_owned(), what.to_owned());
        assert_eq!(ended(&files, "start"), [own("api", "a.js")]);
        assert_eq!(ended(&files, "dev"), [own("", "Pages"), own("api", "src/index.ts")]);
        assert_eq!(ended(&files, "loop"), []);
    }

    #[test]
    fn a_dockerfile_starts_what_its_last_stage_says() {
        for (text, line) in [
            (
                "FROM a\nCMD [\"x\"]\nFROM b\nWORKDIR /app\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"/app/dist/a.js\"]\n",
                "tini -- node dist/a.js",
            ),
            ("FROM a\nCMD npm start\n", "npm start"),
            ("FROM a\nCMD [\"sh\", \"-c\", \"node a.js\"]\n", "node a.js"),
            ("FROM a\nENTRYPOINT [\"/docker-entrypoint.sh\"]\nCMD [\"node\", \\\n \"b.js\"]\n", "node b.js"),
        ] {
            assert_eq!(dockerfile(text).map(|(line, _)| line).as_deref(), Some(line));
        }
        assert_eq!(dockerfile("FROM a\nRUN b\n"), None);
        assert_eq!(procfile("worker: a\nweb: node b.js\n"), Some(("node b.js", 2)));
    }
}
