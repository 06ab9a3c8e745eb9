//! The projects that decisions are measured on: a graph that calls a tool and a model, in 20 Python files of 100 KB, or
//! in 200 of 10 MB.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Files beside the entry point, and bytes of each file, about.
#[derive(Clone, Copy)]
struct Size {
    modules: usize,
    file_bytes: usize,
}

const SMALL: Size = Size { modules: 19, file_bytes: 5 * 1024 };
const LARGE: Size = Size { modules: 199, file_bytes: 51 * 1024 };

/// What it requires; the catalogue's larger runtime holds all of it.
pub const REQUIREMENTS: &str = "langgraph\nlangchain-openai\nrequests>=2.31\n";

/// The files of the small project.
pub fn files() -> BTreeMap<String, String> {
    files_of(SMALL)
}

/// The files of the large project.
pub fn large_files() -> BTreeMap<String, String> {
    files_of(LARGE)
}

fn files_of(size: Size) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("agent.py".to_owned(), entry_point(size))]);
    files.extend((0..size.modules).map(|n| (format!("billing/step_{n}.py"), module(n, size))));
    files
}

/// The same project as another tree: one comment differs.
pub fn varied(files: &BTreeMap<String, String>, turn: usize) -> BTreeMap<String, String> {
    let mut files = files.clone();
    if let Some(text) = files.get_mut("agent.py") {
        let _ = writeln!(text, "# turn {turn}");
    }
    files
}

fn entry_point(size: Size) -> String {
    let mut text = String::from(
        "\"\"\"Answers questions about invoices.\"\"\"\nimport os\n\nfrom langchain_openai import ChatOpenAI\nfrom langgraph.graph import END, START, MessagesState, StateGraph\n",
    );
    for n in 0..size.modules {
        let _ = writeln!(text, "from billing.step_{n} import step_0 as step_{n}");
    }
    text.push_str("\nmodel = ChatOpenAI(model=\"gpt-4o-mini\")\nbuilder = StateGraph(MessagesState)\n");
    for n in 0..size.modules {
        let _ = writeln!(text, "builder.add_node(\"step_{n}\", step_{n})");
    }
    text.push_str("builder.add_edge(START, \"step_0\")\ngraph = builder.compile()\n");
    padded(text, size)
}

fn module(n: usize, size: Size) -> String {
    padded(
        format!(
            "\"\"\"Step {n}.\"\"\"\nimport json\nimport logging\n\nimport requests\n\nlog = logging.getLogger(__name__)\nURL = \"https://api.stripe.com/v1/charges\"\n\n"
        ),
        size,
    )
}

/// Ordinary functions up to the size of a file: calls, strings, comments, nested blocks.
fn padded(mut text: String, size: Size) -> String {
    let mut n = 0;
    while text.len() < size.file_bytes {
        let _ = write!(
            text,
            "\ndef step_{n}(state: dict, limit: int = {n}) -> dict:\n    \"\"\"Looks at the state and says what comes next.\"\"\"\n    # The last message decides.\n    messages = [message for message in state.get(\"messages\", []) if message]\n    for index, message in enumerate(messages[:limit]):\n        if message.get('role') == \"user\" and index > 0:\n            log.info(\"step %s looks at %r\", index, message)\n            state = {{**state, \"seen\": {{\"index\": index, 'text': f\"{{message}}\"}}}}\n    return {{\"messages\": messages, \"next\": (limit + 1) * len(messages)}}\n"
        );
        n += 1;
    }
    text
}
