//! The text of an expression: what is refused before Rhai reads it, and where its parts end.

use rhai::Position;

use super::CompileError;
use super::sandbox::{FORBIDDEN_WORDS, FUNCTION_WORDS, MAX_SYMBOLS};
use super::tree::Span;

/// The characters of a source with the start of each line.
pub struct Source {
    letters: Vec<char>,
    lines: Vec<usize>,
}

/// What the text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One expression.
    Expression,
    /// A file of functions.
    Script,
}

impl Source {
    /// Reads a text. Errors: too long, a forbidden word, a statement too long to parse safely.
    pub fn new(text: &str, kind: Kind, longest: usize) -> Result<Self, CompileError> {
        let letters: Vec<char> = text.chars().collect();
        let starts = letters.iter().enumerate().filter(|(_, letter)| **letter == '\n').map(|(index, _)| index + 1);
        let source = Self { lines: std::iter::once(0).chain(starts).collect(), letters };
        if source.letters.len() > longest {
            return Err(CompileError::new(
                format!("it is longer than {longest} characters"),
                Self::between(0, source.letters.len()),
            ));
        }
        source.refuse_words_and_length(kind)?;
        Ok(source)
    }

    /// The whole.
    pub fn whole(&self) -> Span {
        Self::between(0, self.letters.len())
    }

    /// Offset in characters of a position that Rhai gives; the start when it gives none.
    pub fn offset(&self, position: Position) -> usize {
        let line = position.line().map_or(0, |line| line - 1);
        let column = position.position().map_or(0, |column| column.saturating_sub(1));
        (self.lines.get(line).copied().unwrap_or(self.letters.len()) + column).min(self.letters.len())
    }

    /// Whether just this word or sign stands at a position.
    pub fn has(&self, position: Position, word: &str) -> bool {
        let start = self.offset(position);
        let mut letters = self.letters[start..].iter();
        word.chars().all(|letter| letters.next() == Some(&letter)) && !letters.next().is_some_and(|next| is_word(*next))
    }

    /// The token at a position: a word, a number, a text, a pair of brackets with all inside, else one character.
    pub fn token(&self, position: Position) -> Span {
        let start = self.offset(position);
        Self::between(start, self.token_end(start))
    }

    /// A call: the name at a position and what stands in the brackets behind it.
    pub fn call(&self, position: Position) -> Span {
        let start = self.offset(position);
        let mut end = self.token_end(start);
        while self.letters.get(end).is_some_and(|letter| letter.is_whitespace()) {
            end += 1;
        }
        if self.letters.get(end) == Some(&'(') {
            end = self.token_end(end);
        }
        Self::between(start, end)
    }

    fn between(start: usize, end: usize) -> Span {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: number(start), end: number(end) }
    }

    fn token_end(&self, start: usize) -> usize {
        match self.letters.get(start) {
            None => start,
            Some('"' | '`') => self.text_end(start),
            Some('(' | '[' | '{') => self.bracket_end(start),
            Some('#') if self.letters.get(start + 1) == Some(&'{') => self.bracket_end(start + 1),
            Some(letter) if is_word(*letter) => {
                start + self.letters[start..].iter().take_while(|letter| is_word(**letter)).count()
            }
            Some(_) => start + 1,
        }
    }

    fn text_end(&self, start: usize) -> usize {
        let quote = self.letters[start];
        let mut at = start + 1;
        while let Some(letter) = self.letters.get(at) {
            match *letter {
                '\\' => at += 2,
                letter if letter == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.letters.len()
    }

    fn bracket_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(letter) = self.letters.get(at) {
            match letter {
                '"' | '`' => {
                    at = self.text_end(at);
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.letters.len()
    }

    /// Walks over words and signs outside of texts and comments.
    fn refuse_words_and_length(&self, kind: Kind) -> Result<(), CompileError> {
        let mut at = 0;
        let mut symbols = 0;
        let mut after_dot = false;
        while let Some(letter) = self.letters.get(at) {
            let next = self.letters.get(at + 1);
            match (*letter, next) {
                ('`', _) => {
                    let help = "write the text in double quotes";
                    return Err(Self::error("texts in backticks are not allowed", at, self.text_end(at)).help(help));
                }
                ('"', _) => at = self.text_end(at),
                ('/', Some('/')) => {
                    at += self.letters[at..].iter().take_while(|letter| **letter != '\n').count();
                    continue;
                }
                ('/', Some('*')) => at = self.comment_end(at),
                (letter, _) if is_word(letter) => {
                    let end = self.token_end(at);
                    let word: String = self.letters[at..end].iter().collect();
                    Self::refuse_word(&word, kind, after_dot, at, end)?;
                    self.refuse_fraction(at, end)?;
                    at = end;
                }
                (letter, _) => {
                    symbols = if matches!(letter, ';' | '{' | '}') {
                        0
                    } else {
                        symbols + usize::from(!letter.is_whitespace())
                    };
                    if symbols > MAX_SYMBOLS {
                        let help = "split it into functions of a script";
                        return Err(Self::error("it has too many operators in one piece", at, at + 1).help(help));
                    }
                    if !letter.is_whitespace() {
                        after_dot = letter == '.';
                    }
                    at += 1;
                    continue;
                }
            }
            after_dot = false;
        }
        Ok(())
    }

    fn comment_end(&self, start: usize) -> usize {
        let inside = &self.letters[start + 2..];
        inside.windows(2).position(|pair| pair == ['*', '/']).map_or(self.letters.len(), |length| start + length + 4)
    }

    fn refuse_word(word: &str, kind: Kind, after_dot: bool, at: usize, end: usize) -> Result<(), CompileError> {
        if let Some((_, reason)) = FORBIDDEN_WORDS.iter().find(|(words, _)| words.contains(&word)) {
            let message = if after_dot {
                format!("`{word}` is a reserved word and names no fact or function")
            } else {
                (*reason).to_owned()
            };
            return Err(Self::error(message, at, end));
        }
        if kind == Kind::Expression && !after_dot && FUNCTION_WORDS.contains(&word) {
            let help = "move it into a function of `scripts/*.rhai`";
            return Err(
                Self::error(format!("an expression is a single value: `{word}` is not allowed"), at, end).help(help)
            );
        }
        Ok(())
    }

    fn refuse_fraction(&self, at: usize, end: usize) -> Result<(), CompileError> {
        let is_digit = |at: usize| self.letters.get(at).is_some_and(char::is_ascii_digit);
        if is_digit(at) && self.letters.get(end) == Some(&'.') && is_digit(end + 1) {
            let end = self.token_end(end + 1);
            let number: String = self.letters[at..end].iter().collect();
            let help = "there are no fractions; use a smaller unit";
            return Err(Self::error(format!("`{number}` is no whole number"), at, end).help(help));
        }
        Ok(())
    }

    fn error(message: impl Into<String>, start: usize, end: usize) -> CompileError {
        CompileError::new(message, Self::between(start, end))
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
