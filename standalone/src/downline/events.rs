//! Server-sent events, from bytes as they arrive. Pure. The crates for it have stood still for years, and the part of the
//! format that sync-speed uses is this small.

/// Bytes of one event: an entry, with its line breaks.
const EVENT_BYTES_MAX: usize = 4 * 1_024 * 1_024;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// `message` where it is not said.
    pub(super) name: String,
    pub(super) data: String,
}

/// One event is larger than anything that sync-speed sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

#[derive(Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    name: String,
    data: Vec<String>,
    /// Bytes of the event so far.
    size: usize,
    /// The last byte was a carriage return: a line feed behind it belongs to it.
    after_return: bool,
}

impl Parser {
    /// The events that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        for byte in bytes {
            let belongs_to_return = *byte == b'\n' && self.after_return;
            self.after_return = *byte == b'\r';
            match byte {
                b'\n' if belongs_to_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                other => {
                    self.line.push(*other);
                    self.size += 1;
                    if self.size > EVENT_BYTES_MAX {
                        return Err(TooLarge);
                    }
                }
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // Comments keep the connection awake; `id` and `retry` are not needed: the next connection begins with the
            // entry as it stands.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        self.size = 0;
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        if name.is_empty() && data.is_empty() {
            return None;
        }
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Event { name, data: data.join("\n") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn whatever_the_pieces_the_events_are_the_same() {
        let text = ": hello\n\nevent: entry\ndata: {\"a\":\ndata: 1}\n\nevent:entry\r\ndata:é\r\n\r\nid: 7\nretry: 5\n\ndata: x\r\revent: end\n\n";
        let expected = [event("entry", "{\"a\":\n1}"), event("entry", "é"), event("message", "x"), event("end", "")];
        for size in 1..=text.len() {
            let mut parser = Parser::default();
            let events: Vec<Event> =
                text.as_bytes().chunks(size).flat_map(|piece| parser.feed(piece).unwrap()).collect();
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_unfinished_event_is_none() {
        assert_eq!(Parser::default().feed(b"event: entry\ndata: 1\n"), Ok(Vec::new()));
    }

    #[test]
    fn an_endless_one_is_ended() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; EVENT_BYTES_MAX];
        assert_eq!(parser.feed(&piece), Ok(Vec::new()));
        assert_eq!(parser.feed(b"x"), Err(TooLarge));
    }
}
