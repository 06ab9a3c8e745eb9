//! The prompt of a crew's first agent, where it stands in `agents.yaml` and not in code.
//!
//! Enough of YAML for that file: agents at the margin, plain, quoted and block texts below them.

use crate::modules::has_ending;
use windlass_findings::At;
use windlass_findings::prompts::Prompts;
use windlass_outline::javascript::sources::is_installed;
use windlass_outline::paths;
use windlass_plugin_sdk::Files;

/// Below every prompt of code: it is a suggestion where there is no other.
const SCORE: f32 = 0.2;
/// The longest file that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// What an agent of the file says.
#[derive(Debug, Default, PartialEq)]
struct Agent {
    line: u32,
    role: String,
    goal: String,
    backstory: String,
}

/// Takes the first agent of the first `agents.yaml` as the prompt, where nothing better is known.
pub fn prompt(files: &dyn Files, paths: &[String], prompts: &mut Prompts) {
    let is_agents = |path: &&String| {
        let is_yaml = has_ending(path, "yaml") || has_ending(path, "yml");
        is_yaml && paths::name(path).starts_with("agents.") && !is_installed(path)
    };
    for path in paths.iter().filter(is_agents) {
        let text = files.read(path).ok().filter(|text| text.len() <= LONGEST);
        let Some(agent) = text.and_then(|text| first_agent(&text)) else { continue };
        // As the framework puts them together.
        let role = agent.role.trim_end_matches('.');
        let text = format!("You are {role}. {}\nYour personal goal is: {}", agent.backstory, agent.goal);
        if prompts.would_win(SCORE, text.len()) {
            prompts.take(text, SCORE, At { file: path, line: agent.line, weight: 1.0 }, "crew-agent");
        }
        return;
    }
}

/// The first agent with a role, a goal and a backstory.
fn first_agent(text: &str) -> Option<Agent> {
    let mut agent = Agent::default();
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((number, line)) = lines.next() {
        let Some((key, value)) = entry(line) else { continue };
        let indent = indent(line);
        if indent == 0 {
            agent = Agent { line: number, ..Agent::default() };
            continue;
        }
        let mut text = vec![value.trim_start_matches(['>', '|', '-', '+']).trim()];
        while let Some((_, line)) = lines.next_if(|(_, line)| line.trim().is_empty() || self::indent(line) > indent) {
            text.push(line.trim());
        }
        let separator = if value.starts_with('|') { "\n" } else { " " };
        text.retain(|line| !line.is_empty());
        let text = unquoted(&text.join(separator)).to_owned();
        match key {
            "role" => agent.role = text,
            "goal" => agent.goal = text,
            "backstory" => agent.backstory = text,
            _ => {}
        }
        if ![&agent.role, &agent.goal, &agent.backstory].iter().any(|part| part.is_empty()) {
            return Some(agent);
        }
    }
    None
}

/// `key: value`; none for comments and for anything else.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim().split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (is_key && (value.is_empty() || value.starts_with(' '))).then_some((key, value.trim()))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;
    use windlass_plugin_sdk::{Claims, kind};

    const AGENTS: &str = "# who\nresearcher:\n  role: >\n    {topic} Researcher\n  goal: 'Uncover news'\n  llm: x\n  \
                          backstory: |-\n    You find\n\n    everything.\nwriter:\n  role: Writer\n  goal: g\n  backstory: b\n";

    fn suggested(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let files = tree(files);
        let (mut prompts, mut claims) = (Prompts::default(), Claims::default());
        prompt(&files, &files.paths(), &mut prompts);
        prompts.claim(&mut claims);
        claims.of_kind(kind::PROMPT).map(|claim| (claim.place(), claim.value.clone())).collect()
    }

    #[test]
    fn the_first_agent_speaks_as_crewai_has_it_speak() {
        let prompt = "You are {topic} Researcher. You find\neverything.\nYour personal goal is: Uncover news";
        let expected = [("src/c/config/agents.yaml:2".to_owned(), prompt.to_owned())];
        assert_eq!(suggested(&[("src/c/config/agents.yaml", AGENTS), ("tasks.yaml", AGENTS)]), expected);
    }

    #[test]
    fn an_agent_that_lacks_a_part_and_another_file_suggest_nothing() {
        for files in [
            [("agents.yaml", "a:\n  role: r\n  goal: g\nb:\n  backstory: x\n")],
            [("agents.yaml", "role: r\ngoal: g\nbackstory: b\n")],
            [("agents.yaml", "")],
            [("notes.yaml", AGENTS)],
            [("node_modules/agents.yaml", AGENTS)],
        ] {
            assert_eq!(suggested(&files), [], "{files:?}");
        }
    }

    #[test]
    fn a_prompt_of_the_code_is_better() {
        let files = tree(&[("agents.yaml", AGENTS)]);
        let (mut prompts, mut claims) = (Prompts::default(), Claims::default());
        let at = At { file: "a.py", line: 1, weight: 0.5 };
        prompts.take("You are what the code says".to_owned(), 0.22, at, "prompt");
        prompt(&files, &files.paths(), &mut prompts);
        prompts.claim(&mut claims);
        assert_eq!(claims.as_slice()[0].rule, "prompt");
    }
}
