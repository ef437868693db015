//! The table of requests.

pub(super) mod bodies;
pub(super) mod connections;
pub(super) mod heads;
pub(super) mod hosts;
pub(super) mod lengths;

/// What a caller sends on one connection, and what becomes of it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) sent: &'static [u8],
    /// Statuses of the answers, in their order.
    pub(super) answers: &'static [u16],
    /// Whether the gateway closes the connection after them.
    pub(super) closes: bool,
    /// The whole requests that the instance received: method, target, headers but for those of the way, body.
    pub(super) received: &'static [&'static str],
}

/// Refused by its head: nothing of it may reach an instance.
pub(super) const fn refused(name: &'static str, sent: &'static [u8]) -> Row {
    Row { name, sent, answers: &[400], closes: true, received: &[] }
}

/// Refused while its body is passed on: an instance must not receive it whole. Its target is `/unfinished`.
pub(super) const fn refused_in_body(name: &'static str, sent: &'static [u8]) -> Row {
    refused(name, sent)
}

/// Passed on, and the connection goes on.
pub(super) const fn passed(name: &'static str, sent: &'static [u8], received: &'static [&'static str]) -> Row {
    Row { name, sent, answers: &[200], closes: false, received }
}

/// Passed on, and the connection closed.
pub(super) const fn last(name: &'static str, sent: &'static [u8], received: &'static [&'static str]) -> Row {
    Row { name, sent, answers: &[200], closes: true, received }
}

pub(super) fn all() -> impl Iterator<Item = Row> {
    let tables = [&lengths::ROWS[..], &bodies::ROWS, &heads::ROWS, &hosts::ROWS, &connections::ROWS];
    tables.into_iter().flatten().map(|row| Row { ..*row })
}
