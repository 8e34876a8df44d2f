// region: build-script
fn main() {
    println!("cargo::rerun-if-changed=migrations"); // without a line like this every change in the package runs it
    println!("cargo::rerun-if-env-changed=GIT_COMMIT");
    let commit = std::env::var("GIT_COMMIT").unwrap_or_else(|_| "unknown".into());
    println!("cargo::rustc-env=COMMIT={commit}");
}
// endregion: build-script
