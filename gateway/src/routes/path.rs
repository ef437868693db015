//! A request's path as patterns see it: segment by segment, decoded, without `;parameters`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The segments as they came; `/` has one, which is empty.
pub(super) fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// What a segment says.
pub(super) fn value(segment: &str) -> Cow<'_, [u8]> {
    let plain = segment.split(';').next().unwrap_or_default();
    if plain.contains('%') { percent_decode_str(plain).into() } else { Cow::Borrowed(plain.as_bytes()) }
}

/// Whether it says `.` or `..` somewhere: an instance may take it for another path than the one that a pattern has allowed. Also
/// between encoded slashes and backslashes, which instances may decode first, or take for slashes.
pub(super) fn has_dots(path: &str) -> bool {
    // Nearly no path has any.
    let may_have = path.contains("/.") || path.contains("%2") || path.contains("%5") || path.contains('\\');
    may_have && segments(path).any(|segment| value(segment).split(|byte| b"/\\".contains(byte)).any(is_dots))
}

fn is_dots(part: &[u8]) -> bool {
    matches!(part.split(|byte| *byte == b';').next(), Some(b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_and_lose_their_parameters() {
        for (path, expected) in [
            ("/", &[""][..]),
            ("/a/b", &["a", "b"]),
            ("/a//b/", &["a", "", "b", ""]),
            ("/%61;x=1/b%2Fc", &["a", "b/c"]),
            ("/%zz", &["%zz"]),
        ] {
            let found: Vec<_> = segments(path).map(|one| String::from_utf8(value(one).into_owned()).unwrap()).collect();
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn dots() {
        for (path, has) in [
            ("/a/../b", true),
            ("/a/.", true),
            ("/%2e%2E/b", true),
            ("/..;x/b", true),
            ("/.%2e", true),
            ("/.well-known/x", false),
            ("/a/...", false),
            ("/a.b", false),
            ("/%20", false),
            ("/a/..%2f..%2Fadmin", true),
            ("/a/x%2f.%2fb", true),
            ("/a/..%5cb", true),
            ("/a/..\\b", true),
            ("/a/b\\..", true),
            ("/a/x%2f..%3bv=1%2fb", true),
            ("/a/b%2fc", false),
            ("/a/..b%2fc", false),
            ("/%5c", false),
        ] {
            assert_eq!(has_dots(path), has, "{path}");
        }
    }
}
