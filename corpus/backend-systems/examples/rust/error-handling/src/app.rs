//! The application's own code: anyhow with context, and one place that prints.

use std::{collections::HashMap, path::Path, process::ExitCode};

use anyhow::{Context, bail, ensure};

use crate::basics::Port;

#[derive(Debug, PartialEq)]
pub struct Config {
    pub port: Port,
}

// region: anyhow-context
pub fn load(path: &Path) -> anyhow::Result<Config> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("read settings from {}", path.display()))?;
    let settings = parse(&text).context("parse settings")?;
    let port = settings.get("port").context("setting port is missing")?; // Option, too
    Ok(Config { port: port.parse().context("setting port")? })
}
// endregion: anyhow-context

fn parse(text: &str) -> anyhow::Result<HashMap<&str, &str>> {
    let mut settings = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        // region: bail-ensure
        let Some((name, value)) = line.split_once('=') else {
            bail!("line {}: no '=' in {line:?}", number + 1);
        };
        ensure!(!settings.contains_key(name), "line {}: {name} is set twice", number + 1);
        // endregion: bail-ensure
        settings.insert(name, value.trim());
    }
    Ok(settings)
}

// region: exit-code
/// What `main` calls: one line for people, the whole chain, and a status for scripts.
pub fn run(path: &Path) -> ExitCode {
    match load(path) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}"); // {:#} prints the chain on one line
            ExitCode::from(2)
        }
    }
}
// endregion: exit-code

pub fn is_missing_file(error: &anyhow::Error) -> bool {
    // region: downcast
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::NotFound)
    // endregion: downcast
}

pub fn log_failure(error: &anyhow::Error) {
    // region: tracing
    tracing::error!(error = format!("{error:#}"), "loading failed"); // the chain, once
    // endregion: tracing
}
