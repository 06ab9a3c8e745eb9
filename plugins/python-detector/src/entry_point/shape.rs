//! What can start in a file: the signs that its lines and calls show.
//!
//! Invariant: one pass; a sign is kept where it is first seen.

use crate::frameworks::Use;
use windlass_outline::python::imports::Import;
use windlass_outline::python::scan::{Call, Line, Scan};

/// The module variables that the runtime looks for, in its order.
const OBJECTS: [&str; 5] = ["agent", "chain", "executor", "graph", "crew"];

/// One thing that a file shows about how it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `def handler(` or `def lambda_handler(` at module level.
    Handler,
    /// `def main(` at module level.
    MainFunction,
    /// `if __name__ == "__main__"`.
    MainBlock,
    /// A module-level agent, graph, crew or chain.
    Object,
    /// A module-level `root_agent`, as Google ADK looks for it.
    RootAgent,
    /// A module-level ASGI application.
    Asgi,
    /// An ASGI application made in a function.
    AsgiFactory,
    /// The application serves itself: `app.run()`, as WSGI frameworks do.
    RunsItself,
    /// `uvicorn.run(…)` or the like.
    Serves,
    /// A module-level WSGI application.
    Wsgi,
    /// Streamlit draws when the module runs.
    Streamlit,
    /// Streamlit draws in functions.
    StreamlitParts,
    /// A Gradio interface.
    Gradio,
    /// It is launched.
    GradioLaunch,
    /// Chainlit's callbacks.
    Chainlit,
    /// `cli.run_app(…)`, as voice workers call it: a file with sub-commands.
    Worker,
    /// A command line with options: argparse, click, typer.
    CommandLine,
    /// The module level does something when it runs: `crew.kickoff()`, `asyncio.run(…)`.
    Executes,
}

const SIGNS: usize = Sign::Executes as usize + 1;

/// Where a sign was seen, and the name that goes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// The line, from 1.
    pub line: u32,
    /// The variable or function; empty where there is none.
    pub name: &'a str,
}

/// The signs of one file.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape<'a>([Option<Seen<'a>>; SIGNS]);

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Module,
    MainBlock,
    /// In a function or class whose own line is indented so far.
    Inside(usize),
}

/// What a file calls the libraries whose use starts it.
struct Names<'a> {
    streamlit: Vec<&'a str>,
    gradio: Vec<&'a str>,
    chainlit: Vec<&'a str>,
    has_flask: bool,
    has_fastapi: bool,
}

impl<'a> Shape<'a> {
    /// Where a sign was seen.
    pub fn get(&self, sign: Sign) -> Option<Seen<'a>> {
        self.0[sign as usize]
    }

    /// True when a sign was seen.
    pub fn has(&self, sign: Sign) -> bool {
        self.get(sign).is_some()
    }

    fn see(&mut self, sign: Sign, line: u32, name: &'a str) {
        self.0[sign as usize].get_or_insert(Seen { line, name });
    }

    /// Reads one file.
    pub fn read(scan: &Scan<'a>, imports: &[Import<'a>], uses: &[Use]) -> Self {
        let names = Names::read(imports);
        let mut shape = Self::default();
        let mut rank = OBJECTS.len() + 1;
        let mut place = Place::Module;
        let mut next = 0;
        for (index, line) in scan.lines.iter().enumerate() {
            let first = next;
            while scan.calls.get(next).is_some_and(|call| call.line == index) {
                next += 1;
            }
            let calls = &scan.calls[first..next];
            match place {
                Place::Inside(indent) if line.indent <= indent => place = Place::Module,
                Place::MainBlock if line.indent == 0 => place = Place::Module,
                _ => {}
            }
            if place == Place::Module && line.indent == 0 {
                shape.read_definition(line);
                shape.read_object(line, calls, uses, &mut rank);
                if is_main_block(line.text) {
                    shape.see(Sign::MainBlock, line.number, "");
                    place = Place::MainBlock;
                    continue;
                }
            }
            if line.text.starts_with('@') {
                shape.read_decorator(line, &names);
            } else if place == Place::Module && opens_scope(line.text) {
                place = Place::Inside(line.indent);
                continue;
            }
            for call in calls {
                shape.read_call(line, call, place, &names);
            }
            if place == Place::Module {
                shape.read_execution(line, calls);
            }
        }
        shape
    }

    fn read_definition(&mut self, line: &Line<'a>) {
        match defined(line.text) {
            Some(name @ ("handler" | "lambda_handler")) => self.see(Sign::Handler, line.number, name),
            Some("main") if !line.text.starts_with("class") => self.see(Sign::MainFunction, line.number, "main"),
            _ => {}
        }
    }

    /// A module variable that answers: one that the runtime knows by name, or one that a framework's builder made.
    fn read_object(&mut self, line: &Line<'a>, calls: &[Call<'a>], uses: &[Use], best: &mut usize) {
        let Some((name, value)) = assigned(line.text) else { return };
        let is_plain = value.starts_with(|c: char| matches!(c, '"' | '\'' | '[' | '{') || c.is_ascii_digit())
            || value.starts_with("None");
        if is_plain || value.is_empty() {
            return;
        }
        if name == "root_agent" {
            self.see(Sign::RootAgent, line.number, name);
        }
        let builds = |call: &&Call<'_>| {
            uses.iter().any(|used| !used.is_part && used.row.builds.contains(&call.name()))
                || call.name() == "compile" && !uses.is_empty()
        };
        // The outermost call comes first; what stands in its brackets is part of something else.
        let is_built = calls.first().as_ref().is_some_and(builds)
            || calls.iter().rev().find(|call| call.callee.starts_with('.')).as_ref().is_some_and(builds);
        let rank = OBJECTS.iter().position(|object| *object == name).or(is_built.then_some(OBJECTS.len()));
        // What is compiled of an object answers, and the object itself does not.
        let object = self.get(Sign::Object).map(|object| object.name);
        let is_compiled = calls.iter().any(|call| call.name() == "compile" && Some(call.root()) == object);
        if let Some(rank) = rank.filter(|rank| rank < best || is_compiled) {
            *best = rank;
            self.0[Sign::Object as usize] = Some(Seen { line: line.number, name });
        }
    }

    fn read_decorator(&mut self, line: &Line<'a>, names: &Names<'a>) {
        let text = &line.text[1..];
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
        let (root, name) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
        if names.chainlit.contains(&root) && (name.starts_with("on_") || root.starts_with("on_")) {
            self.see(Sign::Chainlit, line.number, "");
        }
        if matches!(name, "command" | "group" | "callback") && matches!(root, "click" | "app" | "cli") {
            self.see(Sign::CommandLine, line.number, "");
        }
    }

    fn read_call(&mut self, line: &Line<'a>, call: &Call<'a>, place: Place, names: &Names<'a>) {
        let (root, name) = (call.root(), call.name());
        let is_module = matches!(place, Place::Module) && line.indent == 0;
        let target = || assigned(line.text).map_or("", |(name, _)| name);
        if names.streamlit.contains(&root) && !is_passive(name) {
            let sign = if place == Place::Module { Sign::Streamlit } else { Sign::StreamlitParts };
            return self.see(sign, line.number, "");
        }
        if names.chainlit.contains(&root) && name.starts_with("on_") && place == Place::Module {
            return self.see(Sign::Chainlit, line.number, "");
        }
        match name {
            "FastAPI" | "Starlette" | "Quart" | "Litestar" | "get_fast_api_app" | "AgentFastAPI" => {
                let sign = if is_module && !target().is_empty() { Sign::Asgi } else { Sign::AsgiFactory };
                self.see(sign, line.number, target());
            }
            "create_app"
            | "make_app"
            | "get_app"
            | "mount_gradio_app"
            | "streamable_http_app"
            | "http_app"
            | "to_ag_ui"
            | "to_a2a"
            | "to_web"
            | "sse_app"
                if is_module && !target().is_empty() =>
            {
                let sign = if names.has_flask && !names.has_fastapi { Sign::Wsgi } else { Sign::Asgi };
                self.see(sign, line.number, target());
            }
            "Flask" if is_module && !target().is_empty() => self.see(Sign::Wsgi, line.number, target()),
            "run" if matches!(root, "uvicorn" | "hypercorn" | "granian") => self.see(Sign::Serves, line.number, ""),
            "run" if self.get(Sign::Asgi).is_some_and(|app| app.name == root) => {
                self.see(Sign::RunsItself, line.number, "");
            }
            "app" if root == "restate" && is_module => self.see(Sign::Asgi, line.number, target()),
            "Server" if root == "uvicorn" => self.see(Sign::Serves, line.number, ""),
            "run_app" if root == "cli" => self.see(Sign::Worker, line.number, ""),
            "GradioUI" => self.see(Sign::Gradio, line.number, ""),
            "Blocks" | "Interface" | "ChatInterface" | "TabbedInterface" if !names.gradio.is_empty() => {
                let name =
                    line.text.rsplit_once(" as ").map_or_else(target, |(_, name)| name.trim_end_matches(':').trim());
                self.see(Sign::Gradio, line.number, name);
            }
            "launch" if call.callee.contains('.') && root != "playwright" => {
                self.see(Sign::GradioLaunch, line.number, root);
            }
            "Typer" | "ArgumentParser" => self.see(Sign::CommandLine, line.number, ""),
            _ => {}
        }
    }

    /// A statement of the module level that does something beyond defining: it runs when the file runs.
    fn read_execution(&mut self, line: &Line<'a>, calls: &[Call<'a>]) {
        const RUNS: [&str; 34] = [
            "to_cli",
            "to_cli_sync",
            "run",
            "run_sync",
            "run_async",
            "kickoff",
            "kickoff_async",
            "invoke",
            "ainvoke",
            "stream",
            "astream",
            "chat",
            "initiate_chat",
            "initiate_chats",
            "print_response",
            "aprint_response",
            "cli_app",
            "acli_app",
            "main",
            "launch",
            "serve",
            "serve_forever",
            "run_until_complete",
            "start",
            "start_polling",
            "run_polling",
            "infinity_polling",
            "run_debug",
            "print",
            "input",
            "query",
            "run_forever",
            "create",
            "generate_content",
        ];
        if self.has(Sign::Executes) {
            return;
        }
        let is_loop = line.indent == 0 && line.text.starts_with("while ");
        let runs = calls.iter().any(|call| RUNS.contains(&call.name()));
        if is_loop || runs && !line.text.starts_with('@') {
            self.see(Sign::Executes, line.number, "");
        }
    }
}

impl<'a> Names<'a> {
    fn read(imports: &[Import<'a>]) -> Self {
        let of = |package: &str| {
            let from = imports.iter().filter(|import| {
                import.level == 0 && import.module.split('.').next().is_some_and(|first| first == package)
            });
            from.flat_map(|import| import.bound().map(|(name, _)| name)).collect::<Vec<_>>()
        };
        Self {
            streamlit: of("streamlit"),
            gradio: of("gradio"),
            chainlit: of("chainlit"),
            has_flask: !of("flask").is_empty(),
            has_fastapi: !of("fastapi").is_empty(),
        }
    }
}

/// Streamlit's calls that draw nothing: a module of helpers makes them as well.
fn is_passive(name: &str) -> bool {
    matches!(
        name,
        "cache_data" | "cache_resource" | "cache" | "experimental_memo" | "fragment" | "dialog" | "get" | "connection"
    )
}

fn is_main_block(text: &str) -> bool {
    text.starts_with("if") && text.contains("__name__") && text.contains("__main__")
}

fn opens_scope(text: &str) -> bool {
    defined(text).is_some()
}

/// The name of a function or class that a line defines.
fn defined(text: &str) -> Option<&str> {
    if !matches!(text.as_bytes().first(), Some(b'a' | b'c' | b'd')) {
        return None;
    }
    let text = text.strip_prefix("async ").map_or(text, str::trim_start);
    let rest = text.strip_prefix("def ").or_else(|| text.strip_prefix("class "))?.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The name and the value of `graph = …` or `graph: Type = …`.
fn assigned(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')?;
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    if name.is_empty() || !rest.starts_with(['=', ':']) || rest.starts_with("==") {
        return None;
    }
    let (annotation, value) = rest.split_once('=')?;
    (!annotation.contains(['(', '\n'])).then_some((name, value.trim_start()))
}

/// The line where the module level first assigns a variable of that name.
pub fn assignment(lines: &[Line<'_>], name: &str) -> Option<u32> {
    let mut top = lines.iter().filter(|line| line.indent == 0);
    top.find(|line| assigned(line.text).is_some_and(|(known, _)| known == name)).map(|line| line.number)
}

/// True when the module level defines a function or class of that name.
pub fn is_function(lines: &[Line<'_>], name: &str) -> bool {
    lines.iter().any(|line| line.indent == 0 && defined(line.text) == Some(name))
}

/// The names that the module level defines: functions, classes, variables.
pub fn defines<'a>(lines: &[Line<'a>]) -> Vec<&'a str> {
    let top = lines.iter().filter(|line| line.indent == 0);
    top.filter_map(|line| defined(line.text).or_else(|| assigned(line.text).map(|(name, _)| name))).collect()
}

#[cfg(test)]
mod tests;
