//! Speaks the protocol of the conformance suite: one JSON line in, one out.

use std::io::{BufRead, Write, stdin, stdout};

use niyam_kernel::session::Session;

fn main() -> std::io::Result<()> {
    let mut session = Session::default();
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let answer = session.answer(&line?);
        out.write_all(answer.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
