//! A line is written at once: piece by piece each would be a call to the system.

use log::Record;
use log4rs::encode::writer::simple::SimpleWriter;
use log4rs::encode::{Encode, Write};

/// Another encoder's lines, each in one write, without colours.
#[derive(Debug)]
pub(super) struct WholeLine<E>(pub(super) E);

impl<E: Encode> Encode for WholeLine<E> {
    fn encode(&self, to: &mut dyn Write, record: &Record<'_>) -> anyhow::Result<()> {
        let mut line = SimpleWriter(Vec::new());
        self.0.encode(&mut line, record)?;
        Ok(to.write_all(&line.0)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use log4rs::encode::pattern::PatternEncoder;

    use super::*;

    #[derive(Debug, Default)]
    struct Writes(Vec<Vec<u8>>);

    impl io::Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Write for Writes {}

    #[test]
    fn a_line_is_one_write() {
        let mut writes = Writes::default();
        let record = Record::builder().args(format_args!("it is so")).target("x").build();
        WholeLine(PatternEncoder::new("{h({l})} {t} - {m}{n}")).encode(&mut writes, &record).unwrap();
        assert_eq!(writes.0, [b"INFO x - it is so\n".to_vec()]);
    }
}
