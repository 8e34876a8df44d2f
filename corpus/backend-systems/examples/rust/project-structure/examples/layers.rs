//! Checks that the crates of a workspace depend only on what their layer may use.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Each crate, and all that its `[dependencies]` may name.
const ALLOWED: [(&str, &[&str]); 3] = [
    ("shop-domain", &["serde"]),
    ("shop-storage", &["shop-domain", "sqlx"]),
    ("shop-api", &["shop-domain", "shop-mail", "shop-storage", "axum", "serde", "tokio"]),
];

/// One line for each dependency that points the wrong way.
fn violations(workspace: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for package in packages(workspace)? {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(layer, _)| *layer == name) else { continue };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = dependency["name"].as_str().unwrap_or_default();
            let ships = dependency["kind"].is_null(); // "dev" and "build" do not reach the program
            if ships && !allowed.contains(&wanted) {
                found.push(format!("{name} must not depend on {wanted}"));
            }
        }
    }
    Ok(found)
}

/// What Cargo itself reads from the manifests, inheritance included. Nothing is downloaded or built.
fn packages(workspace: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(workspace)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    Ok(metadata["packages"].as_array().cloned().unwrap_or_default())
}

fn main() -> Result<(), Box<dyn Error>> {
    let testdata = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for workspace in ["shop", "layers"] {
        let found = violations(&testdata.join(workspace))?;
        println!("{workspace}: {} violations", found.len());
        for violation in found {
            println!("  {violation}"); // in CI: print all, then exit with a failure
        }
    }
    Ok(())
}
