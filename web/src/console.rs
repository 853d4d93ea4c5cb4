//! The one place that writes to the terminal.
//!
//! Results go to the output, everything else (progress, advice, errors) to the error output. Colour only where a
//! terminal shows it and `NO_COLOR` is not set; progress bars only when the error output is a terminal.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How a stretch of text is shown on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Something is wrong.
    Error,
    /// Something should be looked at.
    Warning,
    /// All is well.
    Good,
    /// A heading or a name.
    Strong,
    /// Less important.
    Faint,
}

/// Writes to the output and the error output of the program.
pub struct Console {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    out_colour: bool,
    err_colour: bool,
    progress: bool,
}

impl Console {
    /// The console of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            out_colour: colour && io::stdout().is_terminal(),
            err_colour: colour && io::stderr().is_terminal(),
            progress: io::stderr().is_terminal(),
            out: Box::new(io::BufWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
        }
    }

    /// A console that writes without colour to two writers.
    #[must_use]
    pub fn plain(out: Box<dyn Write>, err: Box<dyn Write>) -> Self {
        Self { out, err, out_colour: false, err_colour: false, progress: false }
    }

    /// Writes one line to the output.
    ///
    /// # Errors
    /// Whatever the output says, also that nobody reads any more ([`io::ErrorKind::BrokenPipe`]).
    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", text.as_ref())
    }

    /// Writes one line to the error output; what cannot be written there is lost.
    pub fn note(&mut self, text: impl AsRef<str>) {
        let _nobody_listens = writeln!(self.err, "{}", text.as_ref());
    }

    /// Writes out what waits in the buffer.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The text as the output should show it.
    #[must_use]
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.out_colour, paint, text)
    }

    /// The text as the error output should show it.
    #[must_use]
    pub fn paint_note(&self, paint: Paint, text: &str) -> String {
        painted(self.err_colour, paint, text)
    }

    /// A progress bar over `total` items, hidden unless somebody watches a terminal.
    #[must_use]
    pub fn progress(&self, total: u64) -> ProgressBar {
        let target = if self.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")
            .expect("the template is a constant with known keys");
        ProgressBar::with_draw_target(Some(total), target).with_style(style)
    }
}

fn painted(colour: bool, paint: Paint, text: &str) -> String {
    if !colour {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Error => "1;31",
        Paint::Warning => "1;33",
        Paint::Good => "32",
        Paint::Strong => "1",
        Paint::Faint => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_appears_only_when_asked_for() {
        assert_eq!(painted(false, Paint::Error, "late"), "late");
        assert_eq!(painted(true, Paint::Error, "late"), "\u{1b}[1;31mlate\u{1b}[0m");
    }
}
