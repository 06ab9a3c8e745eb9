//! How often the built-in detectors are right: runs them over folders of labelled projects and prints what they miss.
//!
//! Each argument is a folder of `NAME/project/…` beside `NAME/expected.json`, which names the acceptable values of
//! each judged kind: `{"entry_point": "main.py", "run_kind": ["script", "asgi"], "framework": "none"}`. A kind that it
//! does not name is not judged. The exit code tells only whether the folders could be read.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Error, Write as _, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use windlass_plugin_sdk::claim::{Claim, Claims, best};
use windlass_plugin_sdk::{Files, PluginError, Request, kind};

type Detect = fn(&Request, &dyn Files, &mut Claims) -> Result<(), PluginError>;

/// In the order of their names, as the host asks them.
const DETECTORS: [Detect; 2] = [node_detector::detect::detect, python_detector::detect::detect];
const JUDGED: [&str; 3] = [kind::ENTRY_POINT, kind::RUN_KIND, kind::FRAMEWORK];
/// These have few values, so it pays to see which is taken for which.
const CONFUSED: [&str; 2] = [kind::FRAMEWORK, kind::RUN_KIND];
/// Stands for no claim at all.
const NOTHING: &str = "(nothing)";

fn main() -> ExitCode {
    match report(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn report(corpora: impl Iterator<Item = String>) -> Result<(), Error> {
    let mut tallies = JUDGED.map(Tally::new);
    let mut projects = 0;
    for corpus in corpora {
        let folders = folders_in(Path::new(&corpus)).map_err(|error| naming(&corpus, &error))?;
        for folder in folders.iter().filter(|folder| folder.join("expected.json").is_file()) {
            let expected = read_expected(&folder.join("expected.json"))?;
            let misses = judge(&detected(&read_tree(&folder.join("project"))?), &expected, &mut tallies);
            if !misses.is_empty() {
                writeln!(stdout(), "{}\n{}", folder.display(), misses.concat())?;
            }
            projects += 1;
        }
    }
    writeln!(stdout(), "{projects} projects")?;
    for tally in &tallies {
        tally.print_total()?;
    }
    for tally in tallies.iter().filter(|tally| CONFUSED.contains(&tally.kind) && !tally.counts.is_empty()) {
        tally.print_confusion()?;
    }
    Ok(())
}

fn detected(files: &BTreeMap<String, String>) -> Claims {
    let request = Request { agent_name: "accuracy".to_owned(), workspace: "default".to_owned(), ..Request::default() };
    let mut claims = Claims::default();
    for detect in DETECTORS {
        // A detector that refuses has said nothing, which is what gets judged.
        let _ = detect(&request, files, &mut claims);
    }
    claims
}

/// Counts one project; answers a line for each judged kind that is wrong.
fn judge(claims: &Claims, expected: &Value, tallies: &mut [Tally; JUDGED.len()]) -> Vec<String> {
    let mut misses = Vec::new();
    for tally in tallies {
        let acceptable = texts(&expected[tally.kind]);
        let Some(first) = acceptable.first() else { continue };
        let claim = winner(claims, tally.kind);
        let got = claim.map_or(NOTHING, |claim| claim.value.as_str());
        let right = acceptable.contains(&got);
        tally.count(if right { got } else { first }, got);
        if !right {
            let from = claim.map(|claim| format!("  ({}: {})", claim.rule, claim.place())).unwrap_or_default();
            misses.push(format!("  {:<12} expected {}, got {got}{from}\n", tally.kind, acceptable.join(" or ")));
        }
    }
    misses
}

/// The claim that would win: the run kind is the entry point's own, where it has one.
fn winner<'a>(claims: &'a Claims, kind: &'a str) -> Option<&'a Claim> {
    let best_of_all = best(claims.as_slice(), kind);
    if kind != kind::RUN_KIND {
        return best_of_all;
    }
    let start = best(claims.as_slice(), kind::ENTRY_POINT).map(|start| start.value.as_str());
    let of_start = claims.of_kind(kind).filter(|claim| start.is_some() && claim.file.as_deref() == start);
    of_start.reduce(|best, next| if next.score > best.score { next } else { best }).or(best_of_all)
}

/// How often each value was taken for which, of one kind.
struct Tally {
    kind: &'static str,
    counts: BTreeMap<(String, String), usize>,
}

impl Tally {
    fn new(kind: &'static str) -> Self {
        Self { kind, counts: BTreeMap::new() }
    }

    fn count(&mut self, expected: &str, got: &str) {
        *self.counts.entry((expected.to_owned(), got.to_owned())).or_default() += 1;
    }

    fn print_total(&self) -> Result<(), Error> {
        let total: usize = self.counts.values().sum();
        let right: usize =
            self.counts.iter().filter(|((expected, got), _)| expected == got).map(|(_, count)| count).sum();
        let percent = |tenths: usize| format!("{}.{} %", tenths / 10, tenths % 10);
        let share = (right * 1000).checked_div(total).map_or_else(String::new, percent);
        let total = format!("  {:<12} {right:>4} of {total:<4} {share:>8}", self.kind);
        writeln!(stdout(), "{}", total.trim_end())
    }

    /// A line for each expected value: how many there are, how many were right, what the others were taken for.
    fn print_confusion(&self) -> Result<(), Error> {
        writeln!(stdout(), "\n{:<26} {:>5} {:>5}  taken for", self.kind, "all", "right")?;
        let mut rows: BTreeMap<&str, (usize, usize, Vec<String>)> = BTreeMap::new();
        for ((expected, got), count) in &self.counts {
            let (all, right, wrong) = rows.entry(expected).or_default();
            *all += count;
            if expected == got {
                *right += count;
            } else {
                wrong.push(format!("{got} {count}"));
            }
        }
        for (expected, (all, right, wrong)) in rows {
            let row = format!("{expected:<26} {all:>5} {right:>5}  {}", wrong.join(", "));
            writeln!(stdout(), "{}", row.trim_end())?;
        }
        Ok(())
    }
}

/// In byte order, so that two runs can be compared line by line.
fn folders_in(corpus: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders: Vec<_> =
        std::fs::read_dir(corpus)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Error>>()?;
    folders.sort();
    Ok(folders)
}

/// Every file below `root` as text, by its path.
fn read_tree(root: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(root) {
                let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
                files.insert(inside.to_string_lossy().into_owned(), text);
            }
        }
    }
    Ok(files)
}

/// The labels of one project.
fn read_expected(path: &Path) -> Result<Value, Error> {
    serde_json::from_slice(&std::fs::read(path)?).map_err(|error| naming(&path.to_string_lossy(), &error.into()))
}

fn naming(path: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{path}: {error}"))
}

/// One string, or several.
fn texts(value: &Value) -> Vec<&str> {
    value.as_str().into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_str)).collect()
}
