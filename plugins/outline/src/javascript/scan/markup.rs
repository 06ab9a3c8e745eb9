//! JSX: elements, their attributes and the text between them.

use super::LiteralKind;
use super::lexer::{Frame, Lexer};
use super::tokens::{CHILDREN, TAG, is_word_byte, module_statement_starts};

impl Lexer<'_> {
    /// True where `<` is followed by a name or by `>`, unless it lists type parameters: `<T,>`, `<T extends U>`.
    pub(super) fn element_starts_here(&self) -> bool {
        const LONGEST: usize = 80;
        let rest = &self.bytes[self.at + 1..];
        let end = rest.iter().take(LONGEST).position(|byte| !is_word_byte(*byte)).unwrap_or(rest.len());
        match (rest.first(), rest.get(end)) {
            (Some(b'>'), _) => true,
            (Some(first), Some(next)) if is_word_byte(*first) && !first.is_ascii_digit() => {
                *next != b',' && !rest[end..].starts_with(b" extends ")
            }
            _ => false,
        }
    }

    pub(super) fn open_element(&mut self) {
        self.step(1);
        self.stack.push(Frame::Tag(false));
    }

    /// One step inside `<…>`.
    pub(super) fn tag(&mut self, closing: bool) {
        match self.skip_to(&TAG) {
            Some(b'\n') => self.markup_line_end(),
            Some(quote @ (b'"' | b'\'')) => self.attribute(quote),
            Some(b'{') => self.open_expression(),
            Some(b'/') => match self.bytes.get(self.at + 1) {
                Some(b'>') => {
                    self.stack.pop();
                    self.step(2);
                }
                Some(b'*') => self.skip_block_comment(),
                _ => self.at += 1,
            },
            // `=>` ends no tag.
            Some(_) if self.bytes[..self.at].ends_with(b"=") => self.at += 1,
            Some(_) => {
                self.stack.pop();
                if !closing {
                    self.stack.push(Frame::Children);
                } else if matches!(self.stack.last(), Some(Frame::Children)) {
                    self.stack.pop();
                }
                self.step(1);
            }
            None => {}
        }
    }

    fn attribute(&mut self, quote: u8) {
        let literal = self.open_literal(LiteralKind::Attribute, self.at + 1);
        let rest = &self.bytes[self.at + 1..];
        let end = rest.iter().position(|byte| *byte == quote);
        let end = end.or_else(|| rest.iter().position(|byte| *byte == b'\n')).unwrap_or(rest.len());
        let end = self.at + 1 + end;
        self.close_literal(literal, end);
        self.go_to((end + 1).min(self.bytes.len()));
    }

    /// One step between the tags of an element.
    pub(super) fn children(&mut self) {
        let from = self.at;
        let stop = self.skip_to(&CHILDREN);
        if !self.bytes[from..self.at].trim_ascii().is_empty() {
            let literal = self.open_literal(LiteralKind::Text, from);
            self.close_literal(literal, self.at);
        }
        match stop {
            Some(b'\n') => self.markup_line_end(),
            Some(b'{') => self.open_expression(),
            Some(_) if self.bytes.get(self.at + 1) == Some(&b'/') => {
                self.stack.push(Frame::Tag(true));
                self.at += 2;
            }
            Some(_) if self.element_starts_here() => self.open_element(),
            Some(_) => self.at += 1,
            None => {}
        }
    }

    fn open_expression(&mut self) {
        self.step(1);
        self.stack.push(Frame::Expression(None));
    }

    fn markup_line_end(&mut self) {
        if module_statement_starts(&self.bytes[self.at + 1..]) {
            self.line_end();
        } else {
            self.at += 1;
        }
    }
}
