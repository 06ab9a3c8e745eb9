//! A command line that starts Python, as people write it in a Procfile, a Dockerfile or a README.

use super::start::RunKind;
use crate::modules::has_ending;
use windlass_outline::paths;

/// What a command starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The file, module or name.
    pub target: Target,
    /// How, where the command tells.
    pub kind: Option<RunKind>,
    /// The object, where the command names one.
    pub object: Option<String>,
    /// What follows.
    pub args: Vec<String>,
}

/// What is named.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A path.
    File(String),
    /// A dotted module.
    Module(String),
    /// A name on the path: one of the project's own scripts, perhaps.
    Name(String),
    /// A command of the framework, with a folder for those that take one.
    Framework(&'static str, Option<String>),
}

/// The words of a command line: quotes joined, comments off. Variables stay as written.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open, mut quote) = (Vec::new(), String::new(), false, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '"' | '\'') => (quote, open) = (Some(c), true),
            (None, '#') if word.is_empty() && !open => break,
            (None, c) if c.is_whitespace() => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (_, c) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The commands of a line, with the folder that `cd` leads to: `cd app && python main.py`.
pub fn commands(line: &str, folder: &mut String) -> Vec<Command> {
    let mut found = Vec::new();
    for part in line.replace("&&", "\n").replace("||", "\n").replace([';', '|', '&'], "\n").lines() {
        let words = words(part);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let ["cd" | "pushd", to, ..] = words.as_slice() {
            *folder = super::hints::join(folder, to);
        } else {
            found.extend(parse(&words));
        }
    }
    found
}

/// What the words start; none for what starts no Python.
pub fn parse(words: &[&str]) -> Option<Command> {
    let whole = words.len();
    let words = without_wrappers(words);
    // A bare file is a command behind `uv run` or with its folder; alone it is only mentioned.
    let is_run = words.len() < whole || words.first().is_some_and(|first| first.starts_with("./"));
    let (first, rest) = words.split_first()?;
    let name = paths::name(first).trim_end_matches(".exe");
    let command = |target, kind, object: Option<&str>, rest: &[&str]| {
        let args =
            rest.iter().take_while(|word| !word.starts_with(['>', '<'])).map(|word| (*word).to_owned()).collect();
        Some(Command { target, kind, object: object.map(str::to_owned), args })
    };
    match name {
        "sh" | "bash" | "zsh" => match rest {
            [flag, line, ..] if flag.starts_with('-') && flag.contains('c') => commands(line, &mut String::new()).pop(),
            _ => None,
        },
        "uvicorn" | "hypercorn" | "daphne" | "granian" | "gunicorn" => served(rest),
        "fastapi" => match rest {
            ["run" | "dev", rest @ ..] => match positional(rest, &[]) {
                Some((file, _)) => command(Target::File(file.to_owned()), Some(RunKind::Asgi), None, &[]),
                None => None,
            },
            _ => None,
        },
        "streamlit" | "chainlit" => match rest {
            ["run", rest @ ..] => {
                let kind = if name == "streamlit" { RunKind::Streamlit } else { RunKind::Chainlit };
                let (file, _) = positional(rest, &["--port", "--host", "--server.port", "--server.address"])?;
                command(Target::File(file.to_owned()), Some(kind), None, &[])
            }
            _ => None,
        },
        "gradio" => positional(rest, &[])
            .and_then(|(file, _)| command(Target::File(file.to_owned()), Some(RunKind::Gradio), None, &[])),
        "flask" => {
            let at = rest.iter().position(|word| *word == "--app" || *word == "-A")?;
            let (module, object) = rest.get(at + 1).map(|target| split_object(target))?;
            command(as_target(module), None, object, &[])
        }
        "mcp" | "fastmcp" => match rest {
            ["run" | "dev", rest @ ..] => {
                let (file, _) = positional(rest, &["--with", "--transport", "-t", "--port"])?;
                let (file, object) = split_object(file);
                command(Target::File(file.to_owned()), Some(RunKind::Script), object, &[])
            }
            _ => None,
        },
        "langgraph" if matches!(rest.first(), Some(&("dev" | "up"))) => {
            command(Target::Framework("langgraph", None), Some(RunKind::FrameworkCli), None, words)
        }
        "adk" if matches!(rest.first(), Some(&("web" | "run" | "api_server"))) => {
            let folder = positional(&rest[1..], &["--port", "--host"]).map(|(folder, _)| folder.to_owned());
            command(Target::Framework("adk", folder), Some(RunKind::FrameworkCli), None, words)
        }
        "crewai" if matches!(rest.first(), Some(&("run" | "flow"))) => {
            command(Target::Framework("crewai", None), Some(RunKind::FrameworkCli), None, words)
        }
        _ if is_python(name) => python(rest),
        _ if has_ending(name, "py") && is_run => {
            command(Target::File((*first).to_owned()), Some(RunKind::Script), None, rest)
        }
        _ if is_program(first) => command(Target::Name((*first).to_owned()), None, None, rest),
        _ => None,
    }
}

/// `python [options] FILE args` and `python -m MODULE args`.
fn python(words: &[&str]) -> Option<Command> {
    let mut rest = words;
    loop {
        match rest {
            ["-m", module, args @ ..] => {
                let is_tool = matches!(
                    *module,
                    "uvicorn" | "gunicorn" | "hypercorn" | "streamlit" | "chainlit" | "flask" | "fastapi"
                );
                if is_tool {
                    return parse(&rest[1..]);
                }
                let args = args.iter().map(|word| (*word).to_owned()).collect();
                let target = Target::Module((*module).to_owned());
                return Some(Command { target, kind: Some(RunKind::ModuleDir), object: None, args });
            }
            ["-c", ..] | [] => return None,
            ["-X" | "-W", _, more @ ..] => rest = more,
            [option, more @ ..] if option.starts_with('-') => rest = more,
            [file, args @ ..] => {
                let args = args.iter().take_while(|word| !word.starts_with(['>', '<'])).map(|word| (*word).to_owned());
                let target = Target::File((*file).to_owned());
                return Some(Command { target, kind: Some(RunKind::Script), object: None, args: args.collect() });
            }
        }
    }
}

/// `[options] package.module:app`
fn served(words: &[&str]) -> Option<Command> {
    let target = words.iter().find(|word| {
        let (module, object) = split_object(word);
        object.is_some()
            && !module.contains(['/', '='])
            && !module.starts_with(|c: char| c.is_ascii_digit() || c == '$')
            && !module.starts_with('-')
    });
    let (module, object) = match target {
        Some(target) => split_object(target),
        None => (
            positional(words, &["-b", "-w", "-k", "--bind", "--workers", "--host", "--port", "-c", "--config"])?.0,
            None,
        ),
    };
    let object = object.map(|object| object.trim_end_matches("()").to_owned());
    Some(Command { target: as_target(module), kind: Some(RunKind::Asgi), object, args: Vec::new() })
}

fn as_target(module: &str) -> Target {
    if has_ending(module, "py") || module.contains('/') {
        Target::File(module.to_owned())
    } else {
        Target::Module(module.to_owned())
    }
}

fn split_object(target: &str) -> (&str, Option<&str>) {
    match target.rsplit_once(':') {
        Some((module, object)) if !object.is_empty() && !object.starts_with(['/', '\\']) => (module, Some(object)),
        _ => (target, None),
    }
}

/// The first word that is no option, and what follows; the options in `valued` take the word behind them.
fn positional<'a, 'w>(words: &'w [&'a str], valued: &[&str]) -> Option<(&'a str, &'w [&'a str])> {
    let mut rest = words;
    while let [word, more @ ..] = rest {
        rest = more;
        if valued.contains(word) {
            rest = more.get(1..).unwrap_or_default();
        } else if !word.starts_with('-') {
            return Some((word, more));
        }
    }
    None
}

/// Without what only prepares the command: variables, `exec`, `uv run`, `poetry run` and their like.
fn without_wrappers<'a, 'w>(words: &'w [&'a str]) -> &'w [&'a str] {
    const ALONE: [&str; 12] = [
        "exec",
        "sudo",
        "nohup",
        "time",
        "env",
        "opentelemetry-instrument",
        "ddtrace-run",
        "tini",
        "dumb-init",
        "--",
        "start",
        "xvfb-run",
    ];
    const RUN: [&str; 10] = ["uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi", "conda", "dotenv", "modal"];
    let mut rest = words;
    loop {
        rest = match rest {
            [word, more @ ..] if ALONE.contains(&paths::name(word)) && !more.is_empty() => more,
            [word, more @ ..] if is_variable(word) => more,
            [runner, "run", more @ ..] if RUN.contains(&paths::name(runner)) => options_off(
                more,
                &[
                    "--env-file",
                    "--with",
                    "--python",
                    "-p",
                    "--extra",
                    "--group",
                    "-n",
                    "--package",
                    "--directory",
                    "--project",
                    "-f",
                ],
            ),
            ["uvx" | "pipx", more @ ..] => options_off(more, &["--from", "--with", "--python"]),
            _ => return rest,
        };
    }
}

fn options_off<'a, 'w>(words: &'w [&'a str], valued: &[&str]) -> &'w [&'a str] {
    let mut rest = words;
    while let [option, more @ ..] = rest {
        if !option.starts_with('-') || *option == "-m" {
            break;
        }
        rest = if valued.contains(option) { more.get(1..).unwrap_or_default() } else { more };
    }
    rest
}

fn is_variable(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| (name == "py").then_some(""));
    version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn is_program(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let mut folder = String::new();
        let shown = |command: Command| {
            let target = match command.target {
                Target::File(name) => format!("file {name}"),
                Target::Module(name) => format!("module {name}"),
                Target::Name(name) => format!("name {name}"),
                Target::Framework(name, folder) => format!("{name} {}", folder.unwrap_or_default()),
            };
            let kind = command.kind.map_or("-", RunKind::name);
            format!("{target} {kind} {} {}", command.object.unwrap_or_default(), command.args.join(" "))
                .trim_end()
                .to_owned()
        };
        let found: Vec<_> = commands(line, &mut folder).into_iter().map(shown).collect();
        format!("{}{}", if folder.is_empty() { String::new() } else { format!("[{folder}] ") }, found.join(" / "))
    }

    #[test]
    fn commands_are_read_as_people_write_them() {
        for (line, expected) in [
            ("python main.py", "file main.py script"),
            ("PYTHONPATH=. python3.12 -u src/agent.py start > log", "file src/agent.py script  start"),
            ("uv run --env-file .env python -m my.pkg --port 1", "module my.pkg module_dir  --port 1"),
            ("poetry run uvicorn app.main:app --host 0.0.0.0", "module app.main asgi app"),
            ("python -m uvicorn --reload main:api", "module main asgi api"),
            ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:80 app:server", "module app asgi server"),
            ("streamlit run --server.port 80 ui/app.py", "file ui/app.py streamlit"),
            ("chainlit run app.py -w", "file app.py chainlit"),
            ("fastapi dev api.py", "file api.py asgi"),
            ("cd app && exec python main.py", "[app] file main.py script"),
            ("langgraph dev --port 2024", "langgraph  framework_cli  langgraph dev --port 2024"),
            ("adk web agents", "adk agents framework_cli  adk web agents"),
            ("uv run my-agent chat", "name my-agent -  chat"),
            ("sh -c \"python run.py --port $PORT\"", "file run.py script  --port $PORT"),
            ("python -c 'print(1)'", ""),
            ("# python main.py", ""),
            ("main.py", ""),
            ("./main.py x", "file ./main.py script  x"),
            ("uv run main.py", "file main.py script"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
