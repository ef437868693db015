//! Which `Host` is one: a name or an address, and a port or none. What could be read as two, or as another, is none.

/// Whether it names one host. Stricter than the grammar, which lets a name have commas and the like.
pub(crate) fn is_host(value: &[u8]) -> bool {
    let (name, port) = match value.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = memchr::memchr(b']', rest) else { return false };
            let (address, behind) = (&rest[..end], &rest[end + 1..]);
            let is_address = address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
            if !is_address || !address.contains(&b':') {
                return false;
            }
            (rest, behind)
        }
        None => {
            let end = memchr::memchr(b':', value).unwrap_or(value.len());
            let (name, behind) = value.split_at(end);
            if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
                return false;
            }
            (name, behind)
        }
    };
    !name.is_empty() && is_port(port)
}

/// A colon and a number, a colon, or nothing.
fn is_port(text: &[u8]) -> bool {
    let Some(digits) = text.strip_prefix(b":") else { return text.is_empty() };
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u16>().ok());
    digits.is_empty() || (digits.iter().all(u8::is_ascii_digit) && number.is_some())
}

/// The port of a host that is one.
pub(crate) fn port_of(host: &str) -> Option<&str> {
    let (before, port) = host.rsplit_once(':')?;
    let is_port = !port.is_empty() && (!before.starts_with('[') || before.ends_with(']'));
    is_port.then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host() {
        let table = [
            ("shop.example", true, None),
            ("shop.example:8080", true, Some("8080")),
            ("a_b-c~d", true, None),
            ("a:", true, None),
            ("127.0.0.1:1", true, Some("1")),
            ("[::1]", true, None),
            ("[::ffff:1.2.3.4]:443", true, Some("443")),
        ];
        for (host, is_one, port) in table {
            assert_eq!((is_host(host.as_bytes()), port_of(host)), (is_one, port), "{host}");
        }
        let none = [
            "", ":80", "a,b", "a b", "user@a", "a:80:80", "a:b", "a:65536", "a:+1", "[::1", "[a]", "[::1]x", "[]",
            "a/b", "a\\b", "a%2eb", "a#", "a?",
        ];
        for host in none {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
