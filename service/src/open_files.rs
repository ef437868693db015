//! How many files a process may have open: each connection is one. Most systems allow 1,024 at first, and many more to who asks.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to the most that this process may have; that.
///
/// # Errors
/// The system's, which leaves the limit as it was.
pub fn raise_to_most() -> io::Result<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    Ok(limit())
}

/// How many there may be now.
pub fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_raised_to_what_is_allowed() {
        let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        assert_eq!((raise_to_most().unwrap(), limit()), (most, most));
    }
}
