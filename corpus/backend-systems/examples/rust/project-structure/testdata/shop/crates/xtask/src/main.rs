// region: xtask
//! The project's own commands: `cargo xtask ci`.

use std::process::{Command, exit};

fn main() {
    let ci: &[&[&str]] = &[
        &["fmt", "--all", "--check"],
        &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        &["test", "--workspace", "--locked"],
    ];
    let steps = match std::env::args().nth(1).as_deref() {
        Some("ci") => ci,
        Some("lint") => &ci[..2],
        _ => return eprintln!("cargo xtask ci | lint"),
    };
    for step in steps {
        let done = Command::new("cargo").args(*step).status().is_ok_and(|status| status.success());
        if !done {
            eprintln!("failed: cargo {}", step.join(" "));
            exit(1);
        }
    }
}
// endregion: xtask
