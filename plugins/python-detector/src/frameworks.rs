//! Which frameworks a file's imports show, and what it does with them.

mod choice;
mod table;

pub use choice::{Declared, Started, claim, framework_strength};
use table::rows_that_begin_with;
pub use table::table;

use windlass_outline::framework::{Level, Row, matches};
use windlass_outline::python::imports::{Import, Scope};
use windlass_outline::python::scan::{Call, Line};

/// One import of something in the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// What it shows.
    pub row: &'static Row,
    /// True where it holds only parts: models, tools, stores.
    pub is_part: bool,
    /// Which import of its file it is.
    pub import: usize,
    /// How often its names are called or derived from.
    pub calls: u32,
    /// How often that builds what orchestrates, and the first line that does.
    pub builds: u32,
    /// The first line that builds.
    pub built_at: Option<u32>,
}

/// A name that stands for something of the table in one file.
struct Bound<'a> {
    name: &'a str,
    /// What it is called where it comes from; none for a module.
    original: Option<&'a str>,
    at: usize,
}

/// The uses in one file, whether or not their modules turn out to be local ones.
pub fn uses(imports: &[Import<'_>], lines: &[Line<'_>], calls: &[Call<'_>]) -> Vec<Use> {
    let (mut found, mut bound): (Vec<Use>, Vec<Bound<'_>>) = (Vec::new(), Vec::new());
    for (index, import) in imports.iter().enumerate().filter(|(_, import)| import.level == 0) {
        if import.scope == Scope::Typing {
            continue;
        }
        let whole = find(import.module);
        if let Some((row, is_part)) = whole {
            let at = found.len();
            found.push(Use { row, is_part, import: index, calls: 0, builds: 0, built_at: None });
            bound.extend(import.bound().map(|(name, original)| Bound { name, original, at }));
            continue;
        }
        // `from google import adk` names its module behind `import`.
        for (name, original) in import.bound() {
            let Some((row, is_part)) = original.and_then(|original| find_below(import.module, original)) else {
                continue;
            };
            let at = found.len();
            found.push(Use { row, is_part, import: index, calls: 0, builds: 0, built_at: None });
            bound.push(Bound { name, original: None, at });
        }
    }
    if bound.is_empty() {
        return found;
    }
    for call in calls {
        count(call.root(), call.name(), lines.get(call.line).map_or(0, |line| line.number), &bound, &mut found);
    }
    for line in lines {
        // `class Mine(Agent)` and `@CrewBase` use without a call.
        let used = if let Some(decorator) = line.text.strip_prefix('@') {
            decorator
        } else if line.text.starts_with("class ") {
            line.text.split_once('(').map_or("", |(_, bases)| bases)
        } else {
            continue;
        };
        let end = used.find([')', '(', '\n', ':', '#']).unwrap_or(used.len());
        for base in used[..end].split(',') {
            let base = base.split('[').next().unwrap_or(base).trim();
            let (root, name) = (base.split('.').next().unwrap_or(base), base.rsplit('.').next().unwrap_or(base));
            count(root, name, line.number, &bound, &mut found);
        }
    }
    found
}

fn count(root: &str, name: &str, line: u32, bound: &[Bound<'_>], found: &mut [Use]) {
    let Some(known) = bound.iter().find(|known| known.name == root) else { return };
    let used = &mut found[known.at];
    used.calls += 1;
    let is_built = used.row.builds.contains(&known.original.filter(|_| name == root).unwrap_or(name))
        || known.original.is_some_and(|original| used.row.builds.contains(&original));
    if is_built && !used.is_part {
        used.builds += 1;
        used.built_at = used.built_at.or(Some(line));
    }
}

/// The row of a dotted module, and whether it holds only parts; the longest name that fits decides.
fn find(module: &str) -> Option<(&'static Row, bool)> {
    longest(module, |pattern| matches(pattern, module, b'.'))
}

/// The row of `name` in the package `package`, where the package alone shows nothing.
fn find_below(package: &str, name: &str) -> Option<(&'static Row, bool)> {
    longest(package, |pattern| {
        let rest = pattern.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rest == name)
    })
}

/// The row whose longest pattern fits; all of them begin as `module` does.
fn longest(module: &str, fits: impl Fn(&str) -> bool) -> Option<(&'static Row, bool)> {
    let mut best: Option<(usize, &'static Row, bool)> = None;
    let mut left = module.bytes().next().map_or(0, rows_that_begin_with);
    while left != 0 {
        let row = &table()[left.trailing_zeros() as usize];
        left &= left - 1;
        let patterns = row.imports.iter().map(|name| (name, false)).chain(row.parts.iter().map(|name| (name, true)));
        for (pattern, is_part) in patterns {
            if best.is_none_or(|(length, ..)| pattern.len() > length) && fits(pattern) {
                best = Some((pattern.len(), row, is_part));
            }
        }
    }
    best.map(|(_, row, is_part)| (row, is_part))
}

/// True when a row is what `framework` may name.
pub fn is_framework(row: &Row) -> bool {
    row.level != Level::Layer
}

/// An author's hint as a framework id: `Lang Graph` is `lang-graph`.
pub fn normalise(hint: &str) -> String {
    hint.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_outline::python::imports::imports;
    use windlass_outline::python::scan::scan;

    fn used(text: &str) -> Vec<(&'static str, bool, u32, u32)> {
        let found = scan(text);
        let uses = uses(&imports(&found.lines), &found.lines, &found.calls);
        uses.iter().map(|found| (found.row.id, found.is_part, found.calls, found.builds)).collect()
    }

    #[test]
    fn calls_of_imported_names_are_counted_under_any_name() {
        let text = "from langgraph.graph import StateGraph as Graph, END\nimport crewai as c\nfrom google import adk\n\
                    g = Graph(S)\ng.compile()\nx = c.Crew(agents=[c.Agent()])\nadk.Agent()\nother()\n";
        assert_eq!(used(text), [("langgraph", false, 1, 1), ("crewai", false, 2, 2), ("google-adk", false, 1, 1)]);
    }

    #[test]
    fn deriving_and_decorating_are_use() {
        let text = "from crewai import Flow\nfrom crewai.project import CrewBase\n@CrewBase\nclass A(Flow[State]):\n    pass\n";
        assert_eq!(used(text), [("crewai", false, 1, 1), ("crewai", false, 1, 1)]);
    }

    #[test]
    fn parts_are_told_from_what_orchestrates() {
        let text = "from langchain_openai import ChatOpenAI\nfrom langchain.agents import create_agent\n\
                    from langgraph.checkpoint.memory import MemorySaver\nChatOpenAI()\n";
        assert_eq!(used(text), [("langchain", true, 1, 0), ("langchain", false, 0, 0), ("langgraph", true, 0, 0)]);
    }

    #[test]
    fn names_that_only_begin_alike_show_nothing() {
        let text = "import openai_mock, agents_of_shield, langgraphx, google, google.cloud, runagents, requests\n\
                    from google import auth\nfrom .crewai import Crew\n";
        assert_eq!(used(text), []);
    }
}
