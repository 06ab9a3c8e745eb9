//! Reads what a provider says of usage, out of an answer and out of a stream, while it passes.
//!
//! A stream is cut into whole server-sent events (WHATWG HTML, 9.2.6), and each is passed on as soon as it is whole. Usage comes
//! in an event of its own, without choices, when it was asked for; where the agent had not asked, the event is kept back,
//! since clients that did not ask read `choices[0]`.

use super::redact::without_key;
use serde_json::Value;

/// An event that is longer passes unread.
const MAX_EVENT: usize = 4 * 1024 * 1024;

/// Tokens, as a provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Of the prompt.
    pub input: i64,
    /// Of the answer.
    pub output: i64,
}

impl Tokens {
    /// The `usage` of an answer or an event, in OpenAI's shape; embeddings have no `completion_tokens`.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let usage = answer.get("usage")?.as_object()?;
        let count = |name: &str| usage.get(name).and_then(Value::as_i64).filter(|count| *count >= 0);
        let (input, output) = (count("prompt_tokens"), count("completion_tokens"));
        (input.is_some() || output.is_some())
            .then(|| Self { input: input.unwrap_or_default(), output: output.unwrap_or_default() })
    }
}

/// Reads one stream.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pending: Vec<u8>,
    /// Keep the event of usage back.
    hides_usage: bool,
    /// What must not pass.
    key: Option<String>,
    /// What was read last.
    pub(super) tokens: Option<Tokens>,
}

impl Meter {
    /// A meter of a stream whose usage event is kept back or not, and that `key` may not pass.
    pub(super) fn new(hides_usage: bool, key: Option<String>) -> Self {
        Self { hides_usage, key, ..Self::default() }
    }

    /// Takes bytes as they come; gives those that may pass.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        let mut passes = Vec::new();
        while let Some(end) = end_of_event(&self.pending) {
            let event: Vec<u8> = self.pending.drain(..end).collect();
            if self.read(&event) {
                passes.extend_from_slice(&without_key(&event, self.key.as_deref()));
            }
        }
        if self.pending.len() > MAX_EVENT {
            passes.append(&mut self.pending);
        }
        passes
    }

    /// What is left when the stream has ended: an event without its end.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.pending);
        if self.read(&rest) { without_key(&rest, self.key.as_deref()).into_owned() } else { Vec::new() }
    }

    /// Reads one event; whether it passes.
    fn read(&mut self, event: &[u8]) -> bool {
        let text = String::from_utf8_lossy(event);
        if !text.contains("\"usage\"") {
            return true;
        }
        let data: String = text.lines().filter_map(|line| line.strip_prefix("data:")).collect();
        let Ok(data) = serde_json::from_str::<Value>(&data) else { return true };
        let Some(tokens) = Tokens::of(&data) else { return true };
        self.tokens = Some(tokens);
        let is_usage_alone = data.get("choices").and_then(Value::as_array).is_some_and(Vec::is_empty);
        !(self.hides_usage && is_usage_alone)
    }
}

/// Where the first event ends: after its blank line.
fn end_of_event(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(newline) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        at += newline + 1;
        match &bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"usage\":null}\n\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn passed(meter: &mut Meter, text: &str, piece: usize) -> String {
        let mut passed: Vec<u8> = text.as_bytes().chunks(piece).flat_map(|bytes| meter.push(bytes)).collect();
        passed.extend(meter.finish());
        String::from_utf8(passed).expect("text")
    }

    #[test]
    fn usage_is_read_however_the_stream_is_cut_and_hidden_only_where_nobody_asked() {
        let whole = [WORD, USAGE, DONE].concat();
        for text in [whole.clone(), whole.replace('\n', "\r\n")] {
            for piece in [1, 7, text.len()] {
                let mut shows = Meter::default();
                assert_eq!(passed(&mut shows, &text, piece), text);
                assert_eq!(shows.tokens, Some(Tokens { input: 7, output: 2 }));
                let mut hides = Meter { hides_usage: true, ..Meter::default() };
                let seen = passed(&mut hides, &text, piece).replace('\r', "");
                assert_eq!(seen, [WORD, DONE].concat());
                assert_eq!(hides.tokens, shows.tokens);
            }
        }
    }

    #[test]
    fn usage_beside_a_choice_is_read_and_passes() {
        let last = "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n";
        let mut meter = Meter { hides_usage: true, ..Meter::default() };
        assert_eq!(passed(&mut meter, last, 9), last);
        assert_eq!(meter.tokens, Some(Tokens { input: 1, output: 1 }));
    }

    #[test]
    fn an_event_is_passed_on_as_soon_as_it_is_whole_and_no_later() {
        let mut meter = Meter::default();
        let (head, tail) = WORD.split_at(WORD.len() - 1);
        assert_eq!(meter.push(head.as_bytes()), b"");
        assert_eq!(meter.push(tail.as_bytes()), WORD.as_bytes());
    }

    #[test]
    fn a_key_in_a_stream_does_not_pass() {
        let mut meter = Meter { key: Some("sk-1".to_owned()), ..Meter::default() };
        assert_eq!(passed(&mut meter, "data: {\"x\":\"sk-1\"}\n\n", 3), "data: {\"x\":\"[removed]\"}\n\n");
    }

    #[test]
    fn only_counts_are_usage() {
        assert_eq!(
            Tokens::of(&json!({"usage": {"prompt_tokens": 3, "total_tokens": 3}})),
            Some(Tokens { input: 3, output: 0 })
        );
        for none in [json!({}), json!({"usage": null}), json!({"usage": {}}), json!({"usage": {"prompt_tokens": -1}})] {
            assert_eq!(Tokens::of(&none), None, "{none}");
        }
    }
}
