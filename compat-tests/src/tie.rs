//! What ties a process to the life of the one that started it: none is left behind, however that ends.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use eurus_service::Shutdown;

use crate::Failure;

/// Part of util-linux: it asks the kernel to kill the process when its parent is gone, and becomes the program. That also takes
/// a process that stands still or never looks at its input. Not every system has one that can do this.
const TIE: [&str; 3] = ["setpriv", "--pdeathsig", "KILL"];

/// The command that dies with the thread that starts it, where this system can do that. Threads of the runtime end with it.
pub(crate) fn tied(command: Command) -> Command {
    static CAN: OnceLock<bool> = OnceLock::new();
    let tries = || Command::new(TIE[0]).args(&TIE[1..]).arg("true").stderr(Stdio::null()).status();
    // Where there is no such command, the input's end has to do.
    if !*CAN.get_or_init(|| tries().is_ok_and(|status| status.success())) || !is_found(&command) {
        return command;
    }
    let mut tied = Command::new(TIE[0]);
    tied.args(&TIE[1..]).arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        tied.current_dir(folder);
    }
    tied
}

/// A program that is not there is reported by its own name, not by that of what would have become it.
fn is_found(command: &Command) -> bool {
    let program = std::path::Path::new(command.get_program());
    if program.components().count() > 1 {
        return program.exists();
    }
    std::env::var_os("PATH").is_some_and(|all| std::env::split_paths(&all).any(|folder| folder.join(program).is_file()))
}

/// What `work` gives.
///
/// # Errors
/// SIGTERM or Ctrl-C came first: then `work` is dropped, and with it every process that it started is killed and its data deleted.
pub async fn unless_told_to_end<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    tokio::select! {
        given = work => Ok(given),
        () = shutdown.wait() => Err(Failure::new("ended by a signal before everything was done")),
    }
}

/// Does something when standard input ends: whoever holds its other end is gone, however that came about.
///
/// # Errors
/// When no thread can be started.
pub fn when_input_ends(then: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    // A thread of its own: the runtime would wait for a read that never ends.
    let watch = move || {
        let mut unread = [0; 64];
        // Whatever is said there is nothing to us, and an input that breaks has ended.
        while std::io::stdin().read(&mut unread).is_ok_and(|read| read > 0) {}
        then();
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(watch).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_reported_as_itself() {
        assert_eq!(tied(Command::new("no-such-program")).get_program(), "no-such-program");
        assert_eq!(tied(Command::new("/no/such/program")).get_program(), "/no/such/program");
    }

    #[test]
    fn arguments_and_environment_stay() {
        let mut command = Command::new("true");
        command.args(["--a", "b"]).env("NAME", "value").env_remove("GONE").current_dir("/");
        let tied = tied(command);
        let last: Vec<_> = tied.get_args().skip(tied.get_args().len() - 2).collect();
        assert_eq!(last, ["--a", "b"]);
        assert_eq!((tied.get_envs().count(), tied.get_current_dir()), (2, Some(std::path::Path::new("/"))));
    }
}
