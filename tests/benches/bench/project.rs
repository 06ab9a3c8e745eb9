//! The project that the decision is measured on: 20 Python files, 100 KB, a graph that calls a tool and a model.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Files beside the entry point.
const MODULES: usize = 19;
/// Bytes of each file, about.
const FILE_BYTES: usize = 5 * 1024;

/// What it requires; the catalogue's larger runtime holds all of it.
pub const REQUIREMENTS: &str = "langgraph\nlangchain-openai\nrequests>=2.31\n";

/// The project's files.
pub fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("agent.py".to_owned(), entry_point())]);
    files.extend((0..MODULES).map(|n| (format!("billing/step_{n}.py"), module(n))));
    files
}

fn entry_point() -> String {
    let mut text = String::from(
        "\"\"\"Answers questions about invoices.\"\"\"\nimport os\n\nfrom langchain_openai import ChatOpenAI\nfrom langgraph.graph import END, START, MessagesState, StateGraph\n",
    );
    for n in 0..MODULES {
        let _ = writeln!(text, "from billing.step_{n} import step_0 as step_{n}");
    }
    text.push_str("\nmodel = ChatOpenAI(model=\"gpt-4o-mini\")\nbuilder = StateGraph(MessagesState)\n");
    for n in 0..MODULES {
        let _ = writeln!(text, "builder.add_node(\"step_{n}\", step_{n})");
    }
    text.push_str("builder.add_edge(START, \"step_0\")\ngraph = builder.compile()\n");
    padded(text)
}

fn module(n: usize) -> String {
    padded(format!(
        "\"\"\"Step {n}.\"\"\"\nimport json\nimport logging\n\nimport requests\n\nlog = logging.getLogger(__name__)\nURL = \"https://api.stripe.com/v1/charges\"\n\n"
    ))
}

/// Ordinary functions up to the size of a file: calls, strings, comments, nested blocks.
fn padded(mut text: String) -> String {
    let mut n = 0;
    while text.len() < FILE_BYTES {
        let _ = write!(
            text,
            "\ndef step_{n}(state: dict, limit: int = {n}) -> dict:\n    \"\"\"Looks at the state and says what comes next.\"\"\"\n    # The last message decides.\n    messages = [message for message in state.get(\"messages\", []) if message]\n    for index, message in enumerate(messages[:limit]):\n        if message.get('role') == \"user\" and index > 0:\n            log.info(\"step %s looks at %r\", index, message)\n            state = {{**state, \"seen\": {{\"index\": index, 'text': f\"{{message}}\"}}}}\n    return {{\"messages\": messages, \"next\": (limit + 1) * len(messages)}}\n"
        );
        n += 1;
    }
    text
}
