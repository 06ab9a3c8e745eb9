//! One walk through a statement's code: every literal with the brackets, calls and names around it.
//!
//! Invariants: linear in the statement; brackets inside strings and comments are none; broken code gives less, never fails.

use crate::modules::Module;
use windlass_outline::bytes::position;
use windlass_outline::python::scan::{Line, Literal};

/// A bracket that is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// `(`, `[` or `{`.
    pub bracket: u8,
    /// The dotted name right before it; empty where there is none.
    pub callee: &'a str,
    /// The name that its value is given to: a variable, a keyword or a key; empty where there is none.
    pub slot: &'a str,
    /// The first literal inside it; empty before that.
    pub first: &'a str,
    /// The last literal given to the key `role`.
    pub role: &'a str,
    /// How many commas it holds so far.
    pub position: usize,
    /// Where it opens: its identity within the statement.
    pub at: usize,
    /// The name before the `:` in front of it, of which it is the type: `tools: list[…] = …`.
    annotated: &'a str,
}

/// A literal and what is around it.
#[derive(Debug)]
pub struct Sight<'w, 'a> {
    /// Between the quotes, as written; of adjacent literals the first.
    pub text: &'a str,
    /// The literals that are joined to it by standing next to it.
    pub joined: &'w [Literal<'a>],
    /// Its physical line.
    pub line: u32,
    /// The name that it is given to: a variable, a keyword or a key; empty where there is none.
    pub slot: &'a str,
    /// The open brackets, the outermost first.
    pub frames: &'w [Frame<'a>],
    /// The code behind it, to the end of the statement.
    pub after: &'a str,
    /// The code between the literal before it and it; from the statement's start for the first.
    pub gap: &'a str,
}

/// A list that has been closed.
#[derive(Debug)]
pub struct List<'w, 'a> {
    /// Its bracket.
    pub frame: Frame<'a>,
    /// The brackets around it.
    pub outer: &'w [Frame<'a>],
    /// What is between its brackets, strings included.
    pub inside: &'a str,
    /// The physical line that it opens on.
    pub line: u32,
}

/// True for the bytes of a dotted name.
const IN_NAME: [bool; 256] = {
    let mut of = [false; 256];
    let mut byte = 0_u8;
    loop {
        of[byte as usize] = byte >= 0x80 || byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        if byte == u8::MAX {
            break of;
        }
        byte += 1;
    }
};

/// Words of statements whose `:` opens a block.
const BLOCKS: [&str; 12] =
    ["if ", "if(", "elif", "else", "for ", "while", "with ", "try", "except", "def ", "class ", "case "];

/// What a walk meets.
pub trait Visit<'a> {
    /// A literal that is part of an expression.
    fn literal(&mut self, sight: &Sight<'_, 'a>);
    /// A `[…]`, when it closes.
    fn list(&mut self, list: &List<'_, 'a>);
}

impl<'a> Sight<'_, 'a> {
    /// The innermost call that it is an argument of; empty outside of calls.
    pub fn callee(&self) -> &'a str {
        self.frames.iter().rev().find(|frame| frame.bracket == b'(').map_or("", |frame| frame.callee)
    }

    /// The innermost bracket.
    pub fn frame(&self) -> Option<&Frame<'a>> {
        self.frames.last()
    }

    /// The name that the whole statement's value is given to; empty where there is none.
    pub fn variable(&self) -> &'a str {
        self.frames.first().map_or(self.slot, |frame| frame.slot)
    }

    /// True for `x == "a"`, `"a" in x`, `x.startswith("a")`.
    pub fn is_compared(&self) -> bool {
        let gap = self.gap.trim_end();
        let after = self.after.trim_start();
        ["==", "!=", " in", "startswith(", "replace(", "removeprefix("].iter().any(|end| gap.ends_with(end))
            || after.starts_with("==")
            || after.starts_with("in ")
    }

    /// True for `"key": value`.
    pub fn is_key(&self) -> bool {
        self.frame().is_some_and(|frame| frame.bracket == b'{') && self.after.trim_start().starts_with(':')
    }
}

/// The logical lines of a module, each with the literals that start in it.
pub fn lines<'m, 'a>(module: &'m Module<'a>) -> impl Iterator<Item = (&'m Line<'a>, &'m [Literal<'a>])> {
    let mut literals = module.literals.as_slice();
    module.lines.iter().enumerate().map(move |(index, line)| {
        let next = module.lines.get(index + 1).map_or(u32::MAX, |next| next.number);
        let count = literals.iter().take_while(|literal| literal.line < next).count();
        let (here, rest) = literals.split_at(count);
        literals = rest;
        (line, here)
    })
}

/// Walks every statement of a module that holds a literal.
pub fn statements<'a>(module: &Module<'a>, visit: &mut impl Visit<'a>) {
    for (line, literals) in lines(module).filter(|(_, literals)| !literals.is_empty()) {
        walk(line, literals, visit);
    }
}

/// Walks one statement; `literals` are those that start in it.
pub fn walk<'a>(line: &Line<'a>, literals: &[Literal<'a>], visit: &mut impl Visit<'a>) {
    let mut walker = Walker { text: line.text, number: line.number, ..Walker::default() };
    let mut at = 0;
    let mut next = 0;
    while let Some(literal) = literals.get(next) {
        let Some((open, close)) = span(line.text, literal) else { break };
        if open < at {
            break;
        }
        walker.code(at, open - prefix(&line.text[..open]), visit);
        // Adjacent literals are one text.
        let mut end = close;
        let mut last = next + 1;
        while let Some((from, to)) = literals.get(last).and_then(|literal| span(line.text, literal)) {
            let between = line.text.get(end..from).unwrap_or("x");
            if from < end || !is_blank(&between[..between.len() - prefix(between)]) {
                break;
            }
            (end, last) = (to, last + 1);
        }
        let sight = Sight {
            text: literal.text,
            joined: &literals[next + 1..last],
            line: literal.line,
            slot: walker.slot,
            frames: &walker.frames,
            after: &line.text[end..],
            gap: &line.text[at..open],
        };
        if !(literal.is_statement() && walker.frames.is_empty()) {
            visit.literal(&sight);
        }
        walker.saw(literal.text);
        (at, next) = (end, last);
    }
    walker.code(at, line.text.len(), visit);
}

/// Where a literal's opening quote is, and where its closing one ends.
fn span(text: &str, literal: &Literal<'_>) -> Option<(usize, usize)> {
    let from = literal.before.len();
    let open = from + text.as_bytes().get(from..)?.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let quoted = &text[open..];
    let quote = &quoted[..1];
    let is_triple = quoted[1..].starts_with(quote) && quoted[2..].starts_with(quote) && quoted.len() >= 6;
    let width = if is_triple { 3 } else { 1 };
    let close = (open + 2 * width + literal.text.len()).min(text.len());
    text.is_char_boundary(close).then_some((open, close))
}

/// How many letters (`f`, `rb`) at the end of `code` belong to the literal behind it.
fn prefix(code: &str) -> usize {
    let letters = code.bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if letters <= 2 { letters } else { 0 }
}

/// True for a statement whose `:` opens a block.
fn opens_block(statement: &str) -> bool {
    BLOCKS.iter().any(|word| statement.starts_with(word))
}

/// True for what may stand between adjacent literals.
fn is_blank(code: &str) -> bool {
    code.lines().all(|line| {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\\');
        line.is_empty() || line.starts_with('#')
    })
}

#[derive(Debug, Default)]
struct Walker<'a> {
    text: &'a str,
    /// The line of the statement.
    number: u32,
    frames: Vec<Frame<'a>>,
    slot: &'a str,
    /// The name before `:`, which may turn out to be the type of what follows.
    annotated: &'a str,
    /// The literal just passed: it may be a key.
    literal: &'a str,
    /// The last name passed.
    word: (usize, usize),
}

impl<'a> Walker<'a> {
    /// The code from `from` to `to`, which holds no string.
    fn code(&mut self, from: usize, to: usize, visit: &mut impl Visit<'a>) {
        let bytes = &self.text.as_bytes()[..to];
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' => {}
                byte if IN_NAME[byte as usize] => {
                    let end = at + position(&bytes[at..], |byte| !IN_NAME[byte as usize]);
                    self.word = (at, end);
                    at = end;
                    continue;
                }
                b'#' => {
                    at += bytes[at..to].iter().position(|byte| *byte == b'\n').unwrap_or(to - at);
                    continue;
                }
                bracket @ (b'(' | b'[' | b'{') => self.open(bracket, at),
                b')' | b']' | b'}' => self.close(at, visit),
                b',' => self.comma(),
                b':' => self.colon(),
                b'=' => at += self.equals(at),
                _ => {}
            }
            at += 1;
        }
    }

    /// The last name, when nothing but white space is between it and `at`.
    fn word_before(&self, at: usize) -> &'a str {
        let (from, to) = self.word;
        let is_near = self.text.get(to..at).is_some_and(|gap| gap.trim().is_empty());
        if is_near { self.text.get(from..to).unwrap_or_default() } else { "" }
    }

    fn open(&mut self, bracket: u8, at: usize) {
        let callee = if self.word.1 == at { self.word_before(at) } else { "" };
        let frame =
            Frame { bracket, callee, slot: self.slot, first: "", role: "", position: 0, at, annotated: self.annotated };
        self.frames.push(frame);
        (self.slot, self.annotated, self.literal) = ("", "", "");
    }

    fn close(&mut self, at: usize, visit: &mut impl Visit<'a>) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.bracket == b'[' {
            let inside = self.text.get(frame.at + 1..at).unwrap_or_default();
            let breaks = self.text[..frame.at].bytes().filter(|byte| *byte == b'\n').count();
            let line = self.number + u32::try_from(breaks).unwrap_or(0);
            visit.list(&List { frame, outer: &self.frames, inside, line });
        }
        (self.slot, self.annotated) = (frame.slot, frame.annotated);
        // `environ["X"] = …` and `table["x"] = …` name by their key.
        self.literal = if frame.bracket == b'[' && frame.position == 0 { frame.first } else { "" };
    }

    fn comma(&mut self) {
        (self.slot, self.annotated, self.literal) = ("", "", "");
        if let Some(frame) = self.frames.last_mut() {
            frame.position += 1;
        }
    }

    fn colon(&mut self) {
        let at = self.word.1;
        match self.frames.last() {
            Some(frame) if frame.bracket == b'{' => {
                self.slot = if self.literal.is_empty() {
                    self.text.get(self.word.0..at).unwrap_or_default()
                } else {
                    self.literal
                };
            }
            Some(frame) if frame.bracket == b'[' => {}
            None if opens_block(self.text) => {}
            _ => self.annotated = self.text.get(self.word.0..at).unwrap_or_default(),
        }
        self.literal = "";
    }

    /// At a `=`: how many bytes more belong to the operator.
    fn equals(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        if bytes.get(at + 1) == Some(&b'=') {
            return 1;
        }
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        if matches!(before, b'!' | b'<' | b'>' | b':') {
            return 0;
        }
        self.slot = match (self.annotated, self.literal) {
            ("", "") => self.word_before(at),
            ("", key) => key,
            (name, _) => name,
        };
        (self.annotated, self.literal) = ("", "");
        0
    }

    /// Behind a literal.
    fn saw(&mut self, text: &'a str) {
        let slot = self.slot;
        if let Some(frame) = self.frames.last_mut() {
            if frame.first.is_empty() {
                frame.first = text;
            }
            if slot == "role" {
                frame.role = text;
            }
        }
        self.literal = text;
        self.word = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Met(Vec<String>);

    impl<'a> Visit<'a> for Met {
        fn literal(&mut self, sight: &Sight<'_, 'a>) {
            let frame = |frame: &Frame<'_>| format!("{}:{}{}", frame.slot, frame.callee, char::from(frame.bracket));
            let frames: Vec<_> = sight.frames.iter().map(frame).collect();
            let joined: String = sight.joined.iter().map(|literal| literal.text).collect();
            let key = if sight.is_key() { " key" } else { "" };
            self.0.push(format!("{}={}{joined} {}{key}", sight.slot, sight.text, frames.join(" ")));
        }

        fn list(&mut self, list: &List<'_, 'a>) {
            self.0.push(format!("{}:[{}]@{}", list.frame.slot, list.inside, list.line));
        }
    }

    fn met(text: &str) -> Vec<String> {
        let mut met = Met::default();
        for (line, literals) in lines(&Module::read("a.py", text)) {
            walk(line, literals, &mut met);
        }
        met.0
    }

    #[test]
    fn names_of_variables_keywords_keys_and_defaults_are_told() {
        assert_eq!(met("X: str = 'a'\n"), ["X=a "]);
        assert_eq!(met("self.llm = Chat(model='m', n=1)\n"), ["model=m self.llm:Chat("]);
        assert_eq!(met("def f(a: str = 'x', b='y'): ...\n"), ["a=x :f(", "b=y :f("]);
        assert_eq!(met("c = [{'model': f'm'}]\n"), ["=model c:[ :{ key", "model=m c:[ :{", "c:[{'model': f'm'}]@1"]);
        assert_eq!(met("os.environ['K'] = 'v'\n"), ["=K :os.environ[", ":['K']@1", "K=v "]);
        assert_eq!(met("if x: y = 'z'\n"), ["y=z "]);
        assert_eq!(met("f(a == 'x', b, 'c')\n"), ["=x :f(", "=c :f("]);
    }

    #[test]
    fn adjacent_literals_are_one_and_others_are_not() {
        assert_eq!(met("x = ('a'\n  # why\n  f\"b\" 'c')\n"), ["=abc x:("]);
        assert_eq!(met("x = 'a', 'b'\n"), ["x=a ", "=b "]);
        assert_eq!(met("x = 'a' + 'b'\n"), ["x=a ", "x=b "]);
    }

    #[test]
    fn lists_know_their_name_and_line_and_brackets_in_strings_are_none() {
        assert_eq!(met("a = f(\n  tools=[b, '])'],\n)\n"), ["=]) a:f( tools:[", "tools:[b, '])']@2"]);
        assert_eq!(met("tools: list[Tool] = [a]\n"), [":[Tool]@1", "tools:[a]@1"]);
    }

    #[test]
    fn docstrings_are_passed_over_and_broken_code_does_no_harm() {
        assert_eq!(met("'''doc'''\n"), Vec::<String>::new());
        for text in ["'", "x = '", "f('a", "]]]('a'", "x = \"\"\"", "é = 'é", "'a''b", "f(''\"\")", "{'a':"] {
            met(text);
        }
    }
}
