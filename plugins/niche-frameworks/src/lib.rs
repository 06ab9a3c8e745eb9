//! Frameworks that few projects use. Adding one is one line of the table; the host knows what an import means.
//!
//! The scores keep the order of all detectors: below a framework of the larger tables that orchestrates, above a model's
//! own SDK and above plain code. What only helps with a model's answers is `also`.

use std::collections::HashSet;
use windlass_plugin_sdk::kind::{ALSO, FRAMEWORK};
use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

/// What is imported, the kind of the claim, its value, and how sure it is.
type Row = (&'static str, &'static str, &'static str, f32);

/// Modules of Python.
const PYTHON: &[Row] = &[
    ("agency_swarm", FRAMEWORK, "agency-swarm", 0.72),
    ("agentscope", FRAMEWORK, "agentscope", 0.72),
    ("atomic_agents", FRAMEWORK, "atomic-agents", 0.72),
    ("beeai_framework", FRAMEWORK, "beeai", 0.72),
    ("burr", FRAMEWORK, "burr", 0.7),
    ("controlflow", FRAMEWORK, "controlflow", 0.72),
    ("dify_client", ALSO, "dify", 0.9),
    ("dify_plugin", FRAMEWORK, "dify", 0.7),
    ("ell", ALSO, "ell", 0.9),
    ("griptape", FRAMEWORK, "griptape", 0.72),
    ("guidance", ALSO, "guidance", 0.9),
    ("instructor", ALSO, "instructor", 0.9),
    ("julep", FRAMEWORK, "julep", 0.7),
    ("lagent", FRAMEWORK, "lagent", 0.72),
    ("langflow", FRAMEWORK, "langflow", 0.72),
    ("langroid", FRAMEWORK, "langroid", 0.72),
    ("llm", ALSO, "llm", 0.9),
    ("marvin", FRAMEWORK, "marvin", 0.7),
    ("metagpt", FRAMEWORK, "metagpt", 0.72),
    ("mirascope", FRAMEWORK, "mirascope", 0.66),
    ("outlines", ALSO, "outlines", 0.9),
    ("praisonai", FRAMEWORK, "praisonai", 0.72),
    ("praisonaiagents", FRAMEWORK, "praisonai", 0.72),
    ("qwen_agent", FRAMEWORK, "qwen-agent", 0.72),
    ("superagi", FRAMEWORK, "superagi", 0.72),
    ("swarm", FRAMEWORK, "swarm", 0.72),
    ("swarms", FRAMEWORK, "swarms", 0.72),
    ("taskweaver", FRAMEWORK, "taskweaver", 0.72),
    ("txtai", FRAMEWORK, "txtai", 0.66),
    ("upsonic", FRAMEWORK, "upsonic", 0.72),
];

/// Packages of JavaScript and TypeScript; a scope stands for all of its packages.
const JAVASCRIPT: &[Row] = &[
    ("@agentic", ALSO, "agentic", 0.9),
    ("@agentica", FRAMEWORK, "agentica", 0.72),
    ("@coinbase/agentkit", ALSO, "agentkit", 0.9),
    ("@goat-sdk", ALSO, "goat", 0.9),
    ("@ironclad/rivet-core", FRAMEWORK, "rivet", 0.7),
    ("@ironclad/rivet-node", FRAMEWORK, "rivet", 0.7),
    ("@microsoft/agents-hosting", FRAMEWORK, "microsoft-365-agents", 0.72),
    ("@openserv-labs/sdk", FRAMEWORK, "openserv", 0.72),
    ("@smythos/sdk", FRAMEWORK, "smythos", 0.72),
    ("@virtuals-protocol/game", FRAMEWORK, "virtuals-game", 0.72),
    ("@xsai", FRAMEWORK, "xsai", 0.66),
    ("ai-jsx", FRAMEWORK, "ai-jsx", 0.7),
    ("flowise", FRAMEWORK, "flowise", 0.7),
    ("flowise-sdk", ALSO, "flowise", 0.9),
    ("langbase", FRAMEWORK, "langbase", 0.66),
    ("llm-exe", FRAMEWORK, "llm-exe", 0.7),
    ("solana-agent-kit", FRAMEWORK, "solana-agent-kit", 0.7),
    ("xsai", FRAMEWORK, "xsai", 0.66),
];

struct NicheFrameworks;

impl Detector for NicheFrameworks {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        let mut seen = HashSet::new();
        for (path, import) in files.all_imports().iter().filter(|(_, import)| import.scope != "typing") {
            let is_python = path.rsplit('.').next().is_some_and(|ending| ending.starts_with("py"));
            let rows = if is_python { PYTHON } else { JAVASCRIPT };
            for (_, kind, value, score) in rows.iter().filter(|(name, ..)| import.is_of(name)) {
                if seen.insert((kind, value)) {
                    claims.add(kind, *value, *score).at(path, import.line).rule("import");
                }
            }
        }
        if seen.is_empty() { Err(PluginError::NotApplicable) } else { Ok(()) }
    }
}

export_detector!(NicheFrameworks);

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;

    fn claimed(files: &[(&str, &str)]) -> Vec<String> {
        let mut claims = Claims::default();
        let answer = NicheFrameworks::detect(&Request::default(), &tree(files), &mut claims);
        assert_eq!(answer.is_ok(), !claims.as_slice().is_empty());
        let show = |claim: &windlass_plugin_sdk::Claim| format!("{} {} {}", claim.kind, claim.value, claim.place());
        claims.as_slice().iter().map(show).collect()
    }

    #[test]
    fn an_import_shows_its_framework_once() {
        let files = [
            ("a.py", "import os\nfrom agentscope.agents import ReActAgent\n"),
            ("b.py", "import agentscope, instructor\n"),
        ];
        assert_eq!(claimed(&files), ["framework agentscope a.py:2", "also instructor b.py:1"]);
        let files = [
            ("src/a.ts", "import os from 'node:os'\nimport { Agentica } from '@agentica/core'\n"),
            ("src/b.mjs", "const { createLlm } = await import('llm-exe')\n"),
        ];
        assert_eq!(claimed(&files), ["framework agentica src/a.ts:2", "framework llm-exe src/b.mjs:1"]);
    }

    #[test]
    fn what_only_bears_the_name_shows_nothing() {
        let nothing = Vec::<String>::new();
        assert_eq!(claimed(&[("a.py", "import swarms\n"), ("swarms.py", "")]), nothing, "a local module");
        assert_eq!(
            claimed(&[("a.py", "from .llm import x\nfrom outlines import y\n"), ("outlines/__init__.py", "")]),
            nothing
        );
        assert_eq!(
            claimed(&[("a.py", "# import griptape\nx = 'import griptape'\n'''\nimport griptape\n'''\n")]),
            nothing
        );
        assert_eq!(claimed(&[("a.py", "if TYPE_CHECKING:\n    import marvin\n")]), nothing, "types alone");
        assert_eq!(claimed(&[("a.py", "import swarms_tools, ellipsis\n")]), nothing, "a longer name");
        assert_eq!(claimed(&[("notes.md", "import metagpt\n")]), nothing);
        let alias = "{\"compilerOptions\": {\"paths\": {\"langbase\": [\"./src/langbase.ts\"]}}}";
        let local = "import { x } from 'langbase'\nimport y from './llm-exe'\nimport type { Z } from 'xsai'\n// import 'flowise'\n";
        assert_eq!(
            claimed(&[("src/main.ts", local), ("src/langbase.ts", ""), ("tsconfig.json", alias)]),
            nothing,
            "files and types"
        );
        let own = "{\"name\": \"flowise\"}";
        assert_eq!(
            claimed(&[("app/a.ts", "import 'flowise'"), ("flowise/index.ts", ""), ("flowise/package.json", own)]),
            nothing,
            "a package of the tree"
        );
        assert_eq!(claimed(&[("a.js", "import 'llm'; import 'llm-exe.js'\n"), ("b.py", "import flowise\n")]), nothing);
        assert_eq!(claimed(&[("node_modules/x/a.js", "import 'flowise'")]), nothing, "what is installed");
    }

    #[test]
    fn the_tables_are_in_order() {
        assert!([PYTHON, JAVASCRIPT].iter().all(|table| table.is_sorted_by_key(|(name, ..)| *name)));
    }
}
