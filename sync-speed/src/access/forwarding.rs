//! Whose address counts when a request came through a proxy.
//!
//! From a configured proxy the caller is the rightmost address that is not itself such a proxy: everything to the left of
//! it was written by the caller. From anybody else a header that a proxy adds is refused.

use std::net::{IpAddr, SocketAddr};

use ipnetwork::IpNetwork;

use super::is_inside;

/// Hops that are read in one request.
const HOPS_MAX: usize = 32;

/// The headers of one request that say where it came from, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding<'a> {
    /// Values of `X-Forwarded-For`; `None`: no text.
    pub x_forwarded_for: Vec<Option<&'a str>>,
    /// Values of `Forwarded`.
    pub forwarded: Vec<Option<&'a str>>,
    /// The name of the first header that a proxy adds, these two included.
    pub sign: Option<&'a str>,
}

/// The caller's address, and the proxy that speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Of the caller itself.
    pub address: IpAddr,
    /// Of the connection, where that is another.
    pub proxy: Option<IpAddr>,
}

/// Whether a header is one that a proxy adds. The name in lower case.
pub fn is_sign_of_a_proxy(name: &str) -> bool {
    const OTHERS: [&str; 9] = [
        "forwarded",
        "via",
        "x-forwarded",
        "x-real-ip",
        "x-original-forwarded-for",
        "x-client-ip",
        "x-cluster-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
    ];
    name.starts_with("x-forwarded-") || OTHERS.contains(&name)
}

/// Whose request it is.
///
/// # Errors
/// Why nobody's, for a person.
pub fn origin(peer: IpAddr, trusted: &[IpNetwork], headers: &Forwarding<'_>) -> Result<Origin, String> {
    let peer = peer.to_canonical();
    if !is_inside(trusted, peer) {
        return match headers.sign {
            None => Ok(Origin { address: peer, proxy: None }),
            Some(header) => Err(format!(
                "sync-speed is called directly, not through a proxy (header {header}), unless the proxy's address is \
                 in eurus.sync-speed.trusted-proxies; {peer} is not"
            )),
        };
    }
    let unusable = |header: &str| format!("the proxy {peer} sent a {header} header that is not understood");
    let by_list = addresses(&headers.x_forwarded_for, list_item).ok_or_else(|| unusable("X-Forwarded-For"))?;
    let by_forwarded = addresses(&headers.forwarded, forwarded_item).ok_or_else(|| unusable("Forwarded"))?;
    let caller = |hops: &[IpAddr]| hops.iter().rev().find(|hop| !is_inside(trusted, **hop)).copied();
    let nobody = || format!("the proxy {peer} did not say whom it speaks for (X-Forwarded-For or Forwarded)");
    let address = match (caller(&by_list), caller(&by_forwarded)) {
        // A proxy writes one of the two and may pass the other on as the caller wrote it.
        _ if !by_list.is_empty() && !by_forwarded.is_empty() && caller(&by_list) != caller(&by_forwarded) => {
            return Err(format!(
                "the proxy {peer} sent X-Forwarded-For and Forwarded headers that contradict each other"
            ));
        }
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => return Err(nobody()),
    };
    Ok(Origin { address, proxy: Some(peer) })
}

/// `None`: something is not an address, or there are too many.
fn addresses(values: &[Option<&str>], item: fn(&str) -> Option<IpAddr>) -> Option<Vec<IpAddr>> {
    let mut hops = Vec::new();
    for value in values {
        for part in split((*value)?, ',')? {
            hops.push(item(part)?);
        }
        if hops.len() > HOPS_MAX {
            return None;
        }
    }
    Some(hops)
}

fn list_item(text: &str) -> Option<IpAddr> {
    address(text.trim())
}

/// `for=192.0.2.1;proto=http`, `For="[2001:db8::1]:4711"`: exactly one `for`.
fn forwarded_item(text: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split(text, ';')? {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            continue;
        }
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?,
            None => value,
        };
        if found.replace(address(value)?).is_some() {
            return None;
        }
    }
    found
}

/// An address, with or without a port; no name, no zone, nothing hidden.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || match text.parse() {
        Ok(SocketAddr::V6(address)) if address.scope_id() != 0 => None,
        Ok(address) => Some(address.ip()),
        Err(_) => None,
    };
    text.parse().ok().or_else(bracketed).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// At a separator outside of quotes. `None`: a quote is left open.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == '"' {
            is_quoted = !is_quoted;
        } else if letter == separator && !is_quoted {
            parts.push(&text[start..at]);
            start = at + letter.len_utf8();
        }
    }
    parts.push(&text[start..]);
    (!is_quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(peer: &str, list: &[&'static str], forwarded: &[&'static str]) -> Result<String, String> {
        let trusted: Vec<IpNetwork> =
            ["10.0.0.0/24", "::ffff:10.0.1.0/120", "fd00::/64"].iter().map(|text| text.parse().unwrap()).collect();
        let headers = Forwarding {
            x_forwarded_for: list.iter().map(|text| Some(*text)).collect(),
            forwarded: forwarded.iter().map(|text| Some(*text)).collect(),
            sign: list.first().or(forwarded.first()).map(|_| "x-forwarded-for"),
        };
        origin(peer.parse().unwrap(), &trusted, &headers).map(|origin| match origin.proxy {
            None => origin.address.to_string(),
            Some(proxy) => format!("{} by {proxy}", origin.address),
        })
    }

    #[test]
    fn whose_request_it_is() {
        type Row = (&'static str, &'static [&'static str], &'static [&'static str], Result<&'static str, &'static str>);
        let rows: &[Row] = &[
            ("1.1.1.1", &[], &[], Ok("1.1.1.1")),
            ("::ffff:1.1.1.1", &[], &[], Ok("1.1.1.1")),
            ("1.1.1.1", &["2.2.2.2"], &[], Err("called directly")),
            ("1.1.1.1", &[""], &[], Err("called directly")),
            ("1.1.1.1", &[], &["for=2.2.2.2"], Err("called directly")),
            ("10.0.0.1", &["2.2.2.2"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("::ffff:10.0.0.1", &["2.2.2.2"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.1.1", &["::ffff:2.2.2.2"], &[], Ok("2.2.2.2 by 10.0.1.1")),
            // What the caller wrote itself is to the left.
            ("10.0.0.1", &["127.0.0.1, 2.2.2.2"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &["127.0.0.1", "2.2.2.2"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &["127.0.0.1, 2.2.2.2 ,10.0.0.9,\t10.0.1.7"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &["127.0.0.1, 2.2.2.2, ::ffff:10.0.0.9"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &["2.2.2.2:4711, [fd00::7]:1"], &[], Ok("2.2.2.2 by 10.0.0.1")),
            ("fd00::1", &["2001:db8::1"], &[], Ok("2001:db8::1 by fd00::1")),
            ("10.0.0.1", &["[2001:db8::1]"], &[], Ok("2001:db8::1 by 10.0.0.1")),
            ("10.0.0.1", &[], &[], Err("did not say")),
            ("10.0.0.1", &["10.0.0.2"], &[], Err("did not say")),
            ("10.0.0.1", &[""], &[], Err("not understood")),
            ("10.0.0.1", &["unknown"], &[], Err("not understood")),
            ("10.0.0.1", &["2.2.2.2,"], &[], Err("not understood")),
            ("10.0.0.1", &["rubbish, 2.2.2.2"], &[], Err("not understood")),
            ("10.0.0.1", &["2.2.2.2.2"], &[], Err("not understood")),
            ("10.0.0.1", &["02.2.2.2"], &[], Err("not understood")),
            ("10.0.0.1", &["fe80::1%eth0"], &[], Err("not understood")),
            ("10.0.0.1", &["[fe80::1%1]:80"], &[], Err("not understood")),
            ("10.0.0.1", &["[2.2.2.2]"], &[], Err("not understood")),
            ("10.0.0.1", &["localhost"], &[], Err("not understood")),
            ("10.0.0.1", &[], &["for=2.2.2.2"], Ok("2.2.2.2 by 10.0.0.1")),
            (
                "10.0.0.1",
                &[],
                &["for=127.0.0.1, For=\"2.2.2.2:80\";proto=https;by=10.0.0.1"],
                Ok("2.2.2.2 by 10.0.0.1"),
            ),
            ("10.0.0.1", &[], &["for=127.0.0.1", "for=2.2.2.2"], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &[], &["by=\"a,b;c\";FOR=\"[2001:db8::1]:4711\""], Ok("2001:db8::1 by 10.0.0.1")),
            ("10.0.0.1", &[], &["for=_hidden"], Err("not understood")),
            ("10.0.0.1", &[], &["for=unknown"], Err("not understood")),
            ("10.0.0.1", &[], &["proto=https"], Err("not understood")),
            ("10.0.0.1", &[], &["for=2.2.2.2;for=127.0.0.1"], Err("not understood")),
            ("10.0.0.1", &[], &["for=\"2.2.2.2"], Err("not understood")),
            ("10.0.0.1", &[], &["2.2.2.2"], Err("not understood")),
            ("10.0.0.1", &["2.2.2.2"], &["for=2.2.2.2"], Ok("2.2.2.2 by 10.0.0.1")),
            ("10.0.0.1", &["2.2.2.2"], &["for=127.0.0.1"], Err("contradict")),
            ("10.0.0.1", &["2.2.2.2"], &["for=10.0.0.2"], Err("contradict")),
        ];
        for (peer, list, forwarded, expected) in rows {
            match (read(peer, list, forwarded), expected) {
                (Ok(read), Ok(expected)) => assert_eq!(read, *expected, "{peer} {list:?} {forwarded:?}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{peer} {list:?} {forwarded:?}: {why}"),
                (read, _) => panic!("{peer} {list:?} {forwarded:?}: {read:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn more_hops_than_are_read() {
        let hops = |count: usize| vec!["2.2.2.2"; count].join(", ");
        for (count, is_read) in [(HOPS_MAX, true), (HOPS_MAX + 1, false)] {
            assert_eq!(addresses(&[Some(&hops(count))], list_item).is_some(), is_read);
        }
        assert_eq!(addresses(&[None], list_item), None, "bytes that are no text");
    }

    #[test]
    fn signs() {
        for (name, is_sign) in [
            ("x-forwarded-for", true),
            ("x-forwarded-whatever", true),
            ("forwarded", true),
            ("via", true),
            ("x-real-ip", true),
            ("x-request-id", false),
            ("host", false),
        ] {
            assert_eq!(is_sign_of_a_proxy(name), is_sign, "{name}");
        }
    }
}
