//! Counts frames of HTTP/2 by their heads alone, as they come: those that cost their sender nothing and the gateway some work.
//! What else could be used as a flood (headers that never end, empty data) is limited by the library below.

use std::fmt;

use crate::config::Http2Config;
use crate::frame_heads::FrameHeads;

const WINDOW_MS: i64 = 1_000;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    /// Requests taken back.
    Resets(u32),
    /// Frames that carry nothing.
    IdleFrames(u32),
}

/// Of one connection.
pub(super) struct Frames {
    heads: FrameHeads,
    counts: Counts,
}

struct Counts {
    has_resets: bool,
    window_began_ms: i64,
    resets: u32,
    idle_frames: u32,
    resets_max: u32,
    idle_frames_max: u32,
}

impl Frames {
    /// From the preface on.
    pub(super) fn new(config: &Http2Config) -> Self {
        let counts = Counts {
            has_resets: false,
            window_began_ms: i64::MIN,
            resets: 0,
            idle_frames: 0,
            resets_max: config.resets_per_second,
            idle_frames_max: config.idle_frames_per_second,
        };
        Self { heads: FrameHeads::behind_the_preface(), counts }
    }

    /// Takes bytes down as they come; `now_ms` is asked for only when it matters.
    pub(super) fn received(&mut self, bytes: &[u8], now_ms: impl Fn() -> i64) -> Result<(), Flood> {
        let Self { heads, counts } = self;
        heads.pass(bytes, |head| counts.count(head.kind, &now_ms))
    }

    /// Whether its caller has ever taken a request back.
    pub(super) fn has_resets(&self) -> bool {
        self.counts.has_resets
    }
}

impl Counts {
    fn count(&mut self, kind: u8, now_ms: impl Fn() -> i64) -> Result<(), Flood> {
        // A download is a row of window updates: they are its caller's taking.
        if matches!(kind, DATA | HEADERS | PUSH_PROMISE | GOAWAY | WINDOW_UPDATE | CONTINUATION) {
            return Ok(());
        }
        let now_ms = now_ms();
        if now_ms >= self.window_began_ms.saturating_add(WINDOW_MS) {
            (self.window_began_ms, self.resets, self.idle_frames) = (now_ms, 0, 0);
        }
        if kind == RST_STREAM {
            self.has_resets = true;
            self.resets += 1;
            if self.resets > self.resets_max { Err(Flood::Resets(self.resets_max)) } else { Ok(()) }
        } else {
            self.idle_frames += 1;
            if self.idle_frames > self.idle_frames_max { Err(Flood::IdleFrames(self.idle_frames_max)) } else { Ok(()) }
        }
    }
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resets(max) => {
                write!(
                    f,
                    "more than {max} requests were taken back within a second (eurus.gateway.http2.resets-per-second)"
                )
            }
            Self::IdleFrames(max) => write!(
                f,
                "more than {max} frames that carry nothing came within a second \
                 (eurus.gateway.http2.idle-frames-per-second)"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame_heads::PREFACE;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, 0, 0, 0, 0, 1];
        frame.extend(vec![RST_STREAM; payload]);
        frame
    }

    fn few() -> Frames {
        Frames::new(&Http2Config { resets_per_second: 3, idle_frames_per_second: 5, ..Http2Config::default() })
    }

    /// However the bytes are cut.
    #[test]
    fn resets_are_counted_within_a_second_and_nothing_else_is_one() {
        let others = [(HEADERS, 700), (DATA, 70_000), (WINDOW_UPDATE, 4), (6, 8), (4, 0)];
        let mut bytes = PREFACE.to_vec();
        bytes.extend(others.iter().flat_map(|(kind, payload)| frame(*kind, *payload)));
        bytes.extend([RST_STREAM; 3].iter().flat_map(|kind| frame(*kind, 4)));
        for size in [1, 2, 3, 7, 9, 10, 1_000, bytes.len()] {
            let mut frames = few();
            for part in bytes.chunks(size) {
                assert_eq!(frames.received(part, || 5), Ok(()), "{size}");
            }
            assert_eq!(frames.received(&frame(RST_STREAM, 4), || 1_004), Err(Flood::Resets(3)), "{size}");
            assert_eq!(frames.received(&frame(RST_STREAM, 4), || 1_005), Ok(()), "{size}");
        }
    }

    #[test]
    fn frames_that_carry_nothing_are_counted_together() {
        let mut frames = few();
        frames.received(PREFACE, || 0).unwrap();
        for kind in [6, 4, 2, 6, 200] {
            assert_eq!(frames.received(&frame(kind, 8), || 5), Ok(()));
        }
        assert_eq!(frames.received(&frame(6, 8), || 5), Err(Flood::IdleFrames(5)));
    }
}
