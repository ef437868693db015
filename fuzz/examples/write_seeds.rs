//! Writes the seeds where libFuzzer looks for them: `write_seeds FOLDER` makes `FOLDER/<target>/<number>`.
#![allow(clippy::expect_used)] // A tool for developers: it stops where it fails.

use std::path::PathBuf;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder to write to"));
    for (number, (target, bytes)) in fuzz::seeds::all().into_iter().enumerate() {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(folder.join(format!("seed-{number}")), bytes).expect("a seed can be written");
    }
}
