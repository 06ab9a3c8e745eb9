//! What frameworks' own configurations name as the start.

use crate::built;
use crate::candidates::Start;
use crate::command::Runner;
use crate::next;
use crate::paths::{is_in, join, name, relative, stem};
use crate::project::Project;
use serde_json::Value;
use windlass_outline::javascript::json;

/// The candidates of a framework's runner in a folder, the best first. Scores are relative: 1.0 is what the runner would take.
pub fn starts(project: &Project<'_>, runner: Runner, folder: &str, args: &[String], strengths: &[f32]) -> Vec<Start> {
    match runner {
        Runner::Mastra => mastra(project, folder, args).into_iter().collect(),
        Runner::Motia => motia(project, folder, strengths).into_iter().collect(),
        Runner::LangGraph => langgraph(project, folder).into_iter().collect(),
        Runner::Next => next::starts(project, folder, strengths),
        Runner::Nest => nest(project, folder, args).into_iter().collect(),
        Runner::Wrangler => wrangler(project, folder, args).into_iter().collect(),
        Runner::Pages => pages(project, folder, strengths).into_iter().collect(),
    }
}

/// The value of an option in either form.
fn option<'a>(args: &'a [String], names: &[&str]) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
        Some((name, value)) if names.contains(&name) => Some(value),
        None if names.contains(&word.as_str()) => args.get(at + 1).map(String::as_str),
        _ => None,
    })
}

fn source(project: &Project<'_>, place: &str) -> Option<String> {
    project.resolver.source(place).map(|module| project.modules[module].path.to_owned())
}

/// The first module of a folder that makes `new NAME(…)` or calls it.
fn calling(project: &Project<'_>, folder: &str, names: &[&str]) -> Option<String> {
    let modules = project.modules.iter().filter(|module| is_in(module.path, folder) && !project.is_aside(module.path));
    modules.filter(|module| module.call(names).is_some()).map(|module| module.path.to_owned()).min_by_key(String::len)
}

/// `--dir`, `src/mastra`, or where the `Mastra` object is made.
fn mastra(project: &Project<'_>, folder: &str, args: &[String]) -> Option<Start> {
    let dir = option(args, &["--dir", "-d"]).map(|dir| join(folder, dir));
    let places = dir.into_iter().chain([join(folder, "src/mastra"), join(folder, "mastra")]);
    let mut found = places.filter_map(|place| source(project, &format!("{place}/index")));
    let path = found.next().or_else(|| calling(project, folder, &["Mastra"]))?;
    let sub = args.first().map_or("dev", String::as_str);
    let start = Start::new(path, "framework_cli", 1.0, "mastra").with_args(["mastra", sub]);
    Some(Start { object: Some("mastra".to_owned()), ..start })
}

/// motia.config, else the step that shows an agent, one that answers requests before the rest.
fn motia(project: &Project<'_>, folder: &str, strengths: &[f32]) -> Option<Start> {
    let steps = project.modules.iter().enumerate().filter(|(_, module)| {
        is_in(module.path, folder) && name(module.path).rsplit('.').nth(1).is_some_and(|part| part == "step")
    });
    let rank = |at: usize| {
        let text = project.modules[at].scan.text();
        let answers = text.contains("type: 'api'") || text.contains("type: \"api\"");
        strengths[at] + if answers { 0.2 } else { 0.0 }
    };
    let config = source(project, &join(folder, "motia.config"));
    let step = steps.map(|(at, module)| (rank(at), module.path)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
    let manifest = Some(join(folder, "package.json")).filter(|path| project.resolver.has_file(path));
    let path = config.or_else(|| step.map(|(_, path)| path.to_owned())).or(manifest)?;
    Some(Start::new(path, "framework_cli", 1.0, "motia").with_args(["motia", "dev"]))
}

/// The first graph of langgraph.json that is a file of ours.
pub fn langgraph(project: &Project<'_>, folder: &str) -> Option<Start> {
    let config = join(folder, "langgraph.json");
    let document = json::parse(&project.text(&config)?);
    let graphs = document.get("graphs")?.as_object()?;
    let found = graphs.values().find_map(|graph| {
        let target = graph.as_str().or_else(|| json::text(graph, "path"))?;
        let (path, object) = target.rsplit_once(':').unwrap_or((target, ""));
        Some((built::source_of(project, folder, path).filter(|path| crate::paths::is_source(path))?, object.to_owned()))
    });
    let (path, object) = found?;
    let start = Start::new(path, "framework_cli", 1.0, "langgraph.json").shown_by(&config, 1);
    let start = start.with_args(["langgraphjs", "dev"]);
    Some(Start { object: Some(object).filter(|object| !object.is_empty()), ..start })
}

/// nest-cli.json's entry, else `src/main`.
fn nest(project: &Project<'_>, folder: &str, args: &[String]) -> Option<Start> {
    let document = project.text(&join(folder, "nest-cli.json")).map_or(Value::Null, |text| json::parse(&text));
    let named = args.iter().skip(1).find(|word| !word.starts_with('-'));
    let inner = named.and_then(|name| document.get("projects")?.get(name)).unwrap_or(&document);
    let root = json::text(inner, "sourceRoot").or_else(|| json::text(&document, "sourceRoot")).unwrap_or("src");
    let entry = json::text(inner, "entryFile").or_else(|| json::text(&document, "entryFile")).unwrap_or("main");
    let places = [format!("{root}/{entry}"), "src/main".to_owned(), "main".to_owned()];
    let path = places.iter().find_map(|place| source(project, &join(folder, place)));
    let path = path.or_else(|| calling(project, folder, &["NestFactory.create"]))?;
    Some(Start::new(path, "nest", 1.0, "nest"))
}

/// The `main` of wrangler's configuration, or the file that the command names.
pub fn wrangler(project: &Project<'_>, folder: &str, args: &[String]) -> Option<Start> {
    let named = args.iter().skip(1).find(|word| crate::paths::is_source(word));
    if let Some(path) = named.and_then(|path| built::source_of(project, folder, path)) {
        return Some(Start::new(path, "workers", 1.0, "wrangler"));
    }
    let configs =
        option(args, &["-c", "--config"]).into_iter().chain(["wrangler.jsonc", "wrangler.json", "wrangler.toml"]);
    for config in configs.map(|config| join(folder, config)) {
        let Some(text) = project.text(&config) else { continue };
        let document = if config.ends_with("toml") { toml_document(&text) } else { json::parse(&text) };
        let main = json::text(&document, "main").and_then(|main| built::source_of(project, folder, main));
        if let Some(path) = main.filter(|path| crate::paths::is_source(path)) {
            let line = (1..).zip(text.lines()).find(|(_, line)| line.contains("main")).map_or(1, |(number, _)| number);
            return Some(Start::new(path, "workers", 1.0, "wrangler").shown_by(&config, line));
        }
    }
    None
}

fn toml_document(text: &str) -> Value {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let main = table.get("main").and_then(toml::Value::as_str);
    main.map_or(Value::Null, |main| serde_json::json!({ "main": main }))
}

/// A bundler's pages: the server route that shows an agent, else the script of the page.
fn pages(project: &Project<'_>, folder: &str, strengths: &[f32]) -> Option<Start> {
    let is_route = |path: &str| {
        let path = relative(path, folder);
        ["server/api/", "src/pages/api/", "app/routes/", "src/routes/", "api/", "functions/", "convex/"]
            .iter()
            .any(|root| path.starts_with(root))
            || stem(path).ends_with("+api")
    };
    let routes =
        project.modules.iter().enumerate().filter(|(_, module)| is_in(module.path, folder) && is_route(module.path));
    let weighed = routes.map(|(at, module)| {
        let reached = project.reached([at]);
        (reached.iter().map(|(module, _)| strengths[*module]).fold(0.0, f32::max), module.path)
    });
    let best = weighed.filter(|(strength, _)| *strength > 0.0).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
    if let Some((_, path)) = best {
        return Some(Start::new(path, "node", 1.0, "server-route"));
    }
    let places =
        ["src/main", "src/index", "main", "index", "src/App", "app/root", "src/routes/+page", "src/pages/index"];
    let path = places.iter().find_map(|place| source(project, &join(folder, place)))?;
    Some(Start::new(path, "node", 0.6, "page"))
}
