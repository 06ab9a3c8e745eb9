//! What one simple command starts.
//!
//! A table of programs as data: which word names the file, and which programs only pass a command on.

use crate::shell::{Words, is_assignment};

/// What a command starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Launch {
    /// A file by a JavaScript runtime, with the arguments behind it.
    File {
        /// The file, as written.
        path: String,
        /// The words behind it.
        args: Vec<String>,
    },
    /// A framework's own runner.
    Framework {
        /// Which.
        runner: Runner,
        /// The words behind the program.
        args: Vec<String>,
    },
    /// Genkit's runner around another command.
    Genkit(Words),
    /// Another script of a package.json.
    Script {
        /// Its name; with `*` for several.
        name: String,
        /// Which package: a name or folder of the workspace; none for this one.
        package: Option<String>,
    },
    /// Command lines in arguments: `concurrently "a" "b"`.
    Lines(Vec<String>),
    /// The working folder changes for the commands behind.
    Folder(String),
}

/// A framework's runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// `mastra dev`, `mastra start`.
    Mastra,
    /// `motia dev`.
    Motia,
    /// `langgraphjs dev`, `langgraph dev`.
    LangGraph,
    /// `next dev`.
    Next,
    /// `nest start`.
    Nest,
    /// `wrangler dev`.
    Wrangler,
    /// A bundler's server for pages: `vite`, `astro dev`.
    Pages,
}

/// Runtimes that take a file, perhaps behind a word of their own.
const RUNTIMES: [&str; 19] = [
    "node",
    "nodejs",
    "tsx",
    "ts-node",
    "ts-node-esm",
    "ts-node-dev",
    "tsnd",
    "nodemon",
    "bun",
    "deno",
    "vite-node",
    "esno",
    "jiti",
    "babel-node",
    "swc-node",
    "esr",
    "sucrase-node",
    "electron",
    "node-dev",
];
/// Words between a runtime and its file.
const RUNTIME_WORDS: [&str; 5] = ["watch", "run", "dev", "start", "serve"];
/// Options of runtimes whose value is the next word.
const WITH_VALUE: [&str; 28] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-P",
    "--project",
    "--tsconfig",
    "-O",
    "--compiler-options",
    "--env-file",
    "--env-file-if-exists",
    "--watch-path",
    "-w",
    "--ignore",
    "-i",
    "--ext",
    "-e",
    "--config",
    "-c",
    "--conditions",
    "-C",
    "--delay",
    "--preload",
    "--title",
    "-T",
    "--include",
    "--exclude",
];
/// Programs whose arguments begin with a command, once their options are past.
const WRAPPERS: [&str; 22] = [
    "npx",
    "bunx",
    "pnpx",
    "cross-env",
    "cross-env-shell",
    "env-cmd",
    "env",
    "dotenv",
    "dotenvx",
    "dotenv-cli",
    "doppler",
    "infisical",
    "op",
    "time",
    "exec",
    "nice",
    "dumb-init",
    "tini",
    "sudo",
    "nohup",
    "with-env",
    "varlock",
];
const MANAGERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// What a simple command starts; none for one that builds, checks or cleans.
pub fn launch(words: &[String]) -> Option<Launch> {
    let start = words.iter().position(|word| !is_assignment(word))?;
    let (program, args) = words[start..].split_first()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let program = program.split_once('@').map_or(program, |(name, _)| if name.is_empty() { program } else { name });
    match program {
        "cd" => Some(Launch::Folder(args.first()?.clone())),
        "concurrently" | "conc" => Some(Launch::Lines(lines(args))),
        "npm-run-all" | "npm-run-all2" | "run-p" | "run-s" => Some(Launch::Lines(
            args.iter().filter(|word| !word.starts_with('-')).map(|name| format!("npm run {name}")).collect(),
        )),
        "turbo" | "nx" | "lerna" => turbo(args),
        "pm2" | "pm2-runtime" | "forever" | "supervisor" | "fastify" => {
            file(&args[usize::from(args.first()? == "start")..])
        }
        "tsc-watch" | "tsup" | "tsdown" | "esbuild" => on_success(args),
        "mastra" => runner(Runner::Mastra, args, &["dev", "start", "studio"]),
        "motia" => runner(Runner::Motia, args, &["dev", "start"]),
        "langgraphjs" | "langgraph" | "langgraph-cli" => runner(Runner::LangGraph, args, &["dev", "up"]),
        "next" | "vercel" | "vc" => runner(Runner::Next, args, &["dev", "start"]).filter(|_| program == "next"),
        "nest" => runner(Runner::Nest, args, &["start"]),
        "wrangler" => runner(Runner::Wrangler, args, &["dev", "deploy", "publish"]),
        "vite" | "astro" | "nuxt" | "nuxi" | "react-scripts" | "react-router" | "remix" | "svelte-kit" | "vinxi"
        | "webpack-dev-server" | "ng" | "vue-cli-service" | "parcel" | "rsbuild" | "expo" => {
            let serves = args.first().is_none_or(|word| {
                word.starts_with('-') || matches!(word.as_str(), "dev" | "start" | "serve" | "preview")
            });
            serves.then(|| Launch::Framework { runner: Runner::Pages, args: args.to_vec() })
        }
        "genkit" => {
            let rest = args.iter().position(|word| word == "--").map(|at| args[at + 1..].to_vec())?;
            args.first().is_some_and(|word| word == "start").then_some(Launch::Genkit(rest))
        }
        "npm" | "pnpm" | "yarn" | "bun" => managed(program, args),
        "nodemon" | "node-dev" => watched(args),
        "deno" if args.first().is_some_and(|word| word == "task") => {
            let name = args.iter().skip(1).find(|word| !word.starts_with('-'))?;
            Some(Launch::Script { name: name.clone(), package: None })
        }
        _ if RUNTIMES.contains(&program) => file(args),
        _ if WRAPPERS.contains(&program) => wrapped(args),
        _ => None,
    }
}

fn runner(runner: Runner, args: &[String], starting: &[&str]) -> Option<Launch> {
    let first = args.iter().find(|word| !word.starts_with('-'));
    first
        .is_some_and(|word| starting.contains(&word.as_str()))
        .then(|| Launch::Framework { runner, args: args.to_vec() })
}

/// nodemon, whose `--watch` takes a folder and whose `--exec` takes the command.
fn watched(args: &[String]) -> Option<Launch> {
    if let Some(at) = args.iter().position(|word| matches!(word.as_str(), "--exec" | "-x")) {
        return file(&args[at..]);
    }
    let mut rest = Words::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--watch" {
            words.next();
        } else {
            rest.push(word.clone());
        }
    }
    file(&rest)
}

/// The file behind a runtime: the first word that is neither an option nor its value.
fn file(args: &[String]) -> Option<Launch> {
    let mut at = 0;
    while let Some(word) = args.get(at) {
        match word.as_str() {
            "--eval" | "--print" | "-p" | "--version" | "-v" | "--test" | "test" | "install" | "build" | "check" => {
                return None;
            }
            // `nodemon --exec "tsx src/index.ts"`, `nodemon -x ts-node src/index.ts`.
            "--exec" | "-x" | "--onSuccess" => {
                let line = args.get(at + 1)?;
                let rest = if line.contains(' ') { line.clone() } else { args[at + 1..].join(" ") };
                return Some(Launch::Lines(vec![rest]));
            }
            "-e" if args.get(at + 1).is_some_and(|value| value.contains(['(', ';'])) => return None,
            option if WITH_VALUE.contains(&option) => at += 2,
            option if option.starts_with('-') || is_assignment(option) => at += 1,
            word if RUNTIME_WORDS.contains(&word) => at += 1,
            path if looks_like_file(path) => {
                return Some(Launch::File { path: path.to_owned(), args: args[at + 1..].to_vec() });
            }
            _ if at == 0 => return None,
            path => return Some(Launch::File { path: path.to_owned(), args: args[at + 1..].to_vec() }),
        }
    }
    None
}

fn looks_like_file(word: &str) -> bool {
    !word.contains(['*', ' ', '$', '<', '>', '(']) && !word.is_empty()
}

/// `npm start`, `pnpm --filter x dev`, `yarn workspace x dev`, `bun run src/index.ts`.
fn managed(program: &str, args: &[String]) -> Option<Launch> {
    let mut package = None;
    let mut at = 0;
    let mut running = false;
    while let Some(word) = args.get(at) {
        let value = || args.get(at + 1).cloned();
        match word.as_str() {
            "--filter" | "-F" | "--workspace" | "-w" | "--prefix" | "--cwd" | "--dir" | "-C" | "workspace" => {
                // pnpm's `-w` is the root of the workspace, without a value.
                if program == "pnpm" && word == "-w" {
                    at += 1;
                    continue;
                }
                package = value();
                at += 2;
            }
            "exec" | "x" | "dlx" | "tsx" | "ts-node" | "node" => {
                let skip = usize::from(matches!(word.as_str(), "exec" | "x" | "dlx"));
                return launch(&without_options(&args[at + skip..]));
            }
            "run" | "run-script" => {
                running = true;
                at += 1;
            }
            option if option.starts_with('-') => {
                let (name, value) = option.split_once('=').unwrap_or((option, ""));
                if matches!(name, "--filter" | "--workspace" | "--prefix" | "--cwd" | "--dir") {
                    package = Some(value.to_owned());
                }
                at += 1;
            }
            "install" | "i" | "ci" | "build" | "test" | "add" | "publish" | "pack" if !running => return None,
            path if program == "bun" && (is_source(path) || path.starts_with("./")) => return file(&args[at..]),
            name => {
                let is_tool = !running
                    && program != "npm"
                    && launch(&args[at..]).is_some_and(|known| !matches!(known, Launch::Script { .. }));
                if is_tool {
                    return launch(&args[at..]);
                }
                let package = package.or_else(|| named_workspace(&args[at + 1..]));
                return Some(Launch::Script { name: name.to_owned(), package });
            }
        }
    }
    None
}

/// `npm run dev --workspace=web`, `npm run dev -w web`.
fn named_workspace(args: &[String]) -> Option<String> {
    let mut args = args.iter().take_while(|word| *word != "--");
    while let Some(word) = args.next() {
        match word.split_once('=') {
            Some(("--workspace" | "--prefix" | "-w", name)) => return Some(name.to_owned()),
            None if matches!(word.as_str(), "--workspace" | "--prefix" | "-w") => return args.next().cloned(),
            _ => {}
        }
    }
    None
}

fn is_source(path: &str) -> bool {
    [".ts", ".js", ".mjs", ".cjs", ".mts", ".tsx", ".jsx"].iter().any(|ending| path.ends_with(ending))
}

/// `turbo dev --filter=x`, `turbo run dev`.
fn turbo(args: &[String]) -> Option<Launch> {
    let filter = args.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--filter") {
        Some("") => args.get(at + 1).cloned(),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None => None,
    });
    let name = args.iter().find(|word| !word.starts_with('-') && *word != "run")?;
    Some(Launch::Script { name: name.clone(), package: Some(filter.unwrap_or_else(|| "*".to_owned())) })
}

/// `tsup src/index.ts --onSuccess "node dist/index.js"`.
fn on_success(args: &[String]) -> Option<Launch> {
    let at = args.iter().position(|word| matches!(word.as_str(), "--onSuccess" | "--on-success"))?;
    args.get(at + 1).map(|line| Launch::Lines(vec![line.clone()]))
}

/// The command lines of `concurrently`; `npm:dev` is `npm run dev`.
fn lines(args: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(word) = args.get(at) {
        at += 1;
        match word.as_str() {
            "-n" | "--names" | "-c" | "--prefix-colors" | "-p" | "--prefix" | "-m" | "--success" | "-s" => at += 1,
            option if option.starts_with('-') => {}
            line => lines.push(match line.split_once(':') {
                Some((manager, name)) if MANAGERS.contains(&manager) => format!("npm run {name}"),
                _ => line.to_owned(),
            }),
        }
    }
    lines
}

/// The command behind `npx -y`, `cross-env A=1`, `dotenv -e .env --`, `doppler run --`.
fn wrapped(args: &[String]) -> Option<Launch> {
    if let Some(at) = args.iter().position(|word| word == "--") {
        return launch(&args[at + 1..]);
    }
    launch(&without_options(args))
}

fn without_options(args: &[String]) -> Words {
    let mut at = 0;
    while let Some(word) = args.get(at) {
        match word.as_str() {
            "-e" | "-f" | "--file" | "-p" | "--package" => at += 2,
            "run" | "--" => at += 1,
            word if word.starts_with('-') || is_assignment(word) => at += 1,
            _ => break,
        }
    }
    args.get(at..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands;

    fn launched(line: &str) -> Vec<Launch> {
        commands(line).iter().filter_map(|words| launch(words)).collect()
    }

    fn file_of(line: &str) -> String {
        match launched(line).pop() {
            Some(Launch::File { path, args }) => [vec![path], args].concat().join(" "),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_runtime_names_its_file() {
        for (line, file) in [
            ("node dist/index.js", "dist/index.js"),
            ("tsc && node --enable-source-maps dist/index.js", "dist/index.js"),
            ("tsx watch --env-file=.env ./src", "./src"),
            ("tsx --env-file .env src/a.ts chat", "src/a.ts chat"),
            ("node --import tsx src/a.ts", "src/a.ts"),
            ("node -r dotenv/config --loader ts-node/esm a.ts start", "a.ts start"),
            ("ts-node-dev --respawn --transpile-only src/a.ts", "src/a.ts"),
            ("NODE_ENV=x npx -y tsx src/a.ts", "src/a.ts"),
            ("cross-env A=b nodemon src/a.js", "src/a.js"),
            ("dotenv -e .env.local -- tsx src/a.ts", "src/a.ts"),
            ("bun run --watch src/a.ts", "src/a.ts"),
            ("bun a.ts", "a.ts"),
            ("pnpm exec tsx a.ts", "a.ts"),
            ("yarn tsx a.ts", "a.ts"),
            ("deno run --allow-net a.ts", "a.ts"),
            ("pm2 start a.js", "a.js"),
        ] {
            assert_eq!(file_of(line), file, "{line}");
        }
    }

    #[test]
    fn commands_that_only_build_start_nothing() {
        for line in [
            "tsc",
            "node -e \"require('fs').x()\"",
            "vite build",
            "mastra build",
            "next build",
            "npm install",
            "eslint .",
            "bun test",
            "node --test",
            "nest build",
            "rm -rf dist",
        ] {
            assert_eq!(launched(line), [], "{line}");
        }
    }

    #[test]
    fn other_scripts_are_followed_by_name_and_package() {
        let script = |name: &str, package: Option<&str>| Launch::Script {
            name: name.into(),
            package: package.map(str::to_owned),
        };
        for (line, expected) in [
            ("npm start", script("start", None)),
            ("npm run dev --workspace=web", script("dev", Some("web"))),
            ("npm run -w web dev", script("dev", Some("web"))),
            ("pnpm --filter @a/b dev", script("dev", Some("@a/b"))),
            ("yarn workspace api start", script("start", Some("api"))),
            ("bun run dev:server", script("dev:server", None)),
            ("turbo run dev --filter=api", script("dev", Some("api"))),
        ] {
            assert_eq!(launched(line), [expected], "{line}");
        }
        assert_eq!(
            launched("concurrently -n a,b \"npm:dev:web\" \"tsx a.ts\""),
            [Launch::Lines(vec!["npm run dev:web".into(), "tsx a.ts".into()])]
        );
        assert_eq!(launched("nodemon --watch src --exec 'tsx src/a.ts'"), [Launch::Lines(vec!["tsx src/a.ts".into()])]);
    }

    #[test]
    fn runners_of_frameworks_are_known() {
        for (line, runner) in [
            ("mastra dev --dir x", Runner::Mastra),
            ("motia dev", Runner::Motia),
            ("npx @langchain/langgraph-cli dev", Runner::LangGraph),
            ("next dev --turbo", Runner::Next),
            ("nest start --watch", Runner::Nest),
            ("wrangler dev", Runner::Wrangler),
            ("vite", Runner::Pages),
        ] {
            assert!(
                matches!(launched(line).as_slice(), [Launch::Framework { runner: found, .. }] if *found == runner),
                "{line}"
            );
        }
        let words = ["npx", "tsx", "a.ts"].map(str::to_owned).to_vec();
        assert_eq!(launched("genkit start -- npx tsx a.ts"), [Launch::Genkit(words)]);
    }
}
