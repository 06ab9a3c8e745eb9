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
