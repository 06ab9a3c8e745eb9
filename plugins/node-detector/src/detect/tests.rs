//! Whole projects, small, each showing one rule.

use super::*;
use windlass_plugin_sdk::files::tree;

fn detected(files: &[(&str, &str)]) -> Claims {
    let mut claims = Claims::default();
    detect(&Request::default(), &tree(files), &mut claims).expect("applicable");
    claims
}

fn best(claims: &Claims, kind: &str) -> String {
    claim::best(claims.as_slice(), kind).expect(kind).value.clone()
}

fn answer(files: &[(&str, &str)]) -> [String; 3] {
    let claims = detected(files);
    [kind::ENTRY_POINT, kind::RUN_KIND, kind::FRAMEWORK].map(|kind| best(&claims, kind))
}

#[test]
fn a_tree_without_javascript_is_not_ours() {
    let files = tree(&[("agent.py", "import openai"), ("node_modules/x/index.js", ""), ("README.md", "")]);
    let mut claims = Claims::default();
    assert_eq!(detect(&Request::default(), &files, &mut claims), Err(PluginError::NotApplicable));
}

#[test]
fn a_start_that_points_at_the_build_is_mapped_to_its_source() {
    let files = [
        (
            "package.json",
            r#"{"scripts": {"build": "tsc", "start": "node dist/server.js"}, "dependencies": {"openai": "^5"}}"#,
        ),
        ("src/server.ts", "import OpenAI from 'openai'\nnew OpenAI()\n"),
        ("src/index.ts", "export {}\n"),
    ];
    assert_eq!(answer(&files), ["src/server.ts", "node", "openai"]);
}

#[test]
fn local_files_and_text_that_only_look_like_a_framework_show_none() {
    let files = [
        ("package.json", r#"{"scripts": {"start": "node index.js"}}"#),
        (
            "index.js",
            "// import 'langchain'\nimport { a } from './agents.js'\nconst doc = `\nimport { Agent } from '@openai/agents'\n`\n",
        ),
        ("agents.js", "export const a = \"require('openai')\"\n"),
    ];
    assert_eq!(answer(&files), ["index.js", "node", "none"]);
}

const NEXT: &str =
    r#"{"scripts": {"dev": "next dev", "start": "next start"}, "dependencies": {"next": "15", "ai": "5"}}"#;

#[test]
fn of_the_routes_of_next_the_one_that_reaches_the_agent_starts() {
    let files = [
        ("package.json", NEXT),
        ("tsconfig.json", r#"{"compilerOptions": {"paths": {"@/*": ["./*"]}}}"#),
        (
            "app/page.tsx",
            "'use client'\nimport { useChat } from '@ai-sdk/react'\nexport default function Page() { return <p>Don't</p> }\n",
        ),
        ("app/api/auth/route.ts", "import { auth } from '@/lib/auth'\nexport const GET = auth\n"),
        (
            "app/api/ask/route.ts",
            "import { answer } from '@/lib/agent'\nexport async function POST() { return answer() }\n",
        ),
        ("lib/agent.ts", "import { streamText } from 'ai'\nexport const answer = () => streamText({})\n"),
        ("lib/auth.ts", "export const auth = 1\n"),
    ];
    assert_eq!(answer(&files), ["app/api/ask/route.ts", "next", "ai-sdk"]);
    let plain = [("package.json", NEXT), ("src/app/page.tsx", ""), ("src/app/about/page.tsx", "")];
    assert_eq!(answer(&plain)[..2], ["src/app/page.tsx", "next"]);
}

#[test]
fn of_several_packages_the_one_that_holds_the_agent_starts() {
    let files = [
        ("package.json", r#"{"workspaces": ["apps/*"], "scripts": {"dev": "turbo run dev"}}"#),
        ("apps/web/package.json", r#"{"name": "web", "scripts": {"dev": "vite"}, "dependencies": {"react": "19"}}"#),
        ("apps/web/src/main.tsx", "import React from 'react'\n"),
        ("apps/bot/package.json", r#"{"name": "bot", "scripts": {"dev": "tsx watch src/run.ts"}}"#),
        ("apps/bot/src/run.ts", "import { Agent } from '@openai/agents'\n"),
    ];
    assert_eq!(answer(&files), ["apps/bot/src/run.ts", "node", "openai-agents"]);
    assert_eq!(answer(&files[1..]), ["apps/bot/src/run.ts", "node", "openai-agents"]);
}

#[test]
fn the_server_starts_and_not_the_page_beside_it() {
    let scripts = r#"{"scripts": {"dev": "concurrently \"vite\" \"npm:server\"", "server": "nodemon --watch server --exec tsx server/index.ts"}}"#;
    let files = [
        ("package.json", scripts),
        ("src/main.tsx", "import App from './App'\n"),
        (
            "server/index.ts",
            "import Anthropic from '@anthropic-ai/sdk'\nimport express from 'express'\nexpress().listen(1)\n",
        ),
    ];
    assert_eq!(answer(&files), ["server/index.ts", "node", "anthropic"]);
}

#[test]
fn runners_of_frameworks_start_what_they_look_for() {
    let mastra = [
        (
            "package.json",
            r#"{"scripts": {"dev": "mastra dev --dir agents", "start": "node .mastra/output/index.mjs"}}"#,
        ),
        ("agents/index.ts", "import { Mastra } from '@mastra/core'\nexport const mastra = new Mastra({})\n"),
        ("agents/a.ts", "import { openai } from '@ai-sdk/openai'\n"),
    ];
    assert_eq!(answer(&mastra), ["agents/index.ts", "framework_cli", "mastra"]);
    let worker = [
        ("package.json", r#"{"scripts": {"start": "vite dev"}}"#),
        ("wrangler.jsonc", "{ // mine\n \"main\": \"src/server.ts\", }"),
        ("src/server.ts", "import { Agent } from 'agents'\nexport default {}\n"),
        ("src/client.tsx", "import React from 'react'\n"),
    ];
    assert_eq!(answer(&worker), ["src/server.ts", "workers", "cloudflare-agents"]);
    let graph = [
        ("package.json", r#"{"scripts": {"build": "tsc"}}"#),
        ("langgraph.json", r#"{"graphs": {"b": "./src/b.ts:graph", "a": "./src/a.ts:graph"}}"#),
        ("src/a.ts", ""),
        ("src/b.ts", "import { StateGraph } from '@langchain/langgraph'\nexport const graph = 1\n"),
    ];
    assert_eq!(answer(&graph), ["src/b.ts", "framework_cli", "langgraph"]);
}

#[test]
fn deno_and_what_node_calls_a_folder_are_followed() {
    let deno = [
        ("deno.json", r#"{"tasks": {"start": "deno run -A bot.ts"}}"#),
        ("bot.ts", "import OpenAI from 'npm:openai@5'\n"),
        ("a.ts", ""),
    ];
    assert_eq!(answer(&deno), ["bot.ts", "node", "openai"]);
    let node = [
        ("package.json", r#"{"main": "lib/go.js", "scripts": {"start": "node ."}}"#),
        ("lib/go.js", ""),
        ("index.js", ""),
    ];
    assert_eq!(answer(&node)[..2], ["lib/go.js", "node"]);
}

#[test]
fn the_language_is_as_sure_as_the_start() {
    let claims = detected(&[("package.json", r#"{"scripts": {"start": "node a.js"}}"#), ("a.js", "")]);
    let score = |kind: &str| claim::best(claims.as_slice(), kind).map(|claim| claim.score).expect(kind);
    assert_eq!((best(&claims, kind::LANGUAGE), score(kind::LANGUAGE)), ("node".to_owned(), score(kind::ENTRY_POINT)));
    let image = detected(&[("Dockerfile", "FROM x\n"), ("notes.txt", "")]);
    assert_eq!(image.of_kind(kind::LANGUAGE).count(), 0, "what is inside an image is not known");
}

#[test]
fn an_agent_in_python_keeps_its_start() {
    let files = [
        ("package.json", r#"{"scripts": {"dev": "vite"}}"#),
        ("src/main.tsx", "import React from 'react'\n"),
        ("agent/main.py", "import langgraph\n"),
    ];
    let claims = detected(&files);
    let entry = claim::best(claims.as_slice(), kind::ENTRY_POINT).expect("a candidate");
    assert!(entry.score < 0.4, "{entry:?}");
}

#[test]
fn the_requested_entry_point_is_certain_and_a_file_of_another_language_is_none_of_ours() {
    let files = tree(&[("src/index.ts", "main()\n"), ("src/b.ts", ""), ("run.sh", "")]);
    let asked = |path: &str| {
        let mut claims = Claims::default();
        let request = Request { entry_point: Some(path.into()), ..Request::default() };
        detect(&request, &files, &mut claims).expect("applicable");
        claims.of_kind(kind::ENTRY_POINT).map(|claim| (claim.value.clone(), claim.score)).collect::<Vec<_>>()
    };
    assert_eq!(asked("./src/b.ts"), [("src/b.ts".to_owned(), 1.0)]);
    assert_eq!(asked("run.sh"), []);
}

#[test]
fn requirements_are_declared_locked_or_inferred() {
    let files = [
        (
            "package.json",
            r#"{"scripts": {"start": "tsx a.ts"}, "dependencies": {"openai": "^5.1", "mine": "workspace:*"}, "devDependencies": {"tsx": "^4", "eslint": "9"}}"#,
        ),
        ("yarn.lock", "openai@^5.1:\n  version \"5.2.0\"\n"),
        ("a.ts", "import 'openai'\nimport zod from 'zod'\nimport fs from 'fs'\n"),
    ];
    let claims = detected(&files);
    let found: Vec<_> = claims
        .of_kind(kind::REQUIREMENT)
        .map(|claim| (claim.value.as_str(), claim.attribute("origin"), claim.attribute("locked")))
        .collect();
    let expected = [
        ("openai@^5.1", Some("declared"), Some("5.2.0")),
        ("mine@workspace:*", Some("declared"), None),
        ("tsx@^4", Some("declared"), None),
        ("zod@*", Some("inferred"), None),
    ];
    assert_eq!(found, expected);
}
