//! What Cargo, the compiler and Clippy say about the small projects below `testdata`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A copy of a project below `testdata`, with a target folder of its own.
struct Project {
    root: PathBuf,
    target: PathBuf,
}

struct Outcome {
    passed: bool,
    text: String,
}

impl Project {
    #[track_caller]
    fn new(name: &str) -> Self {
        let test = std::thread::current().name().unwrap_or("main").to_owned();
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test).join(name);
        let _ = fs::remove_dir_all(scratch.join("project"));
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name), &scratch.join("project"));
        Self { root: scratch.join("project"), target: scratch.join("target") }
    }

    fn cargo(&self, args: &[&str]) -> Outcome {
        self.cargo_in("", args)
    }

    fn cargo_in(&self, folder: &str, args: &[&str]) -> Outcome {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        for (name, _) in env::vars() {
            let foreign =
                name.starts_with("CARGO_PKG") || name.starts_with("RUSTC_W") || name.ends_with("RUSTFLAGS");
            if foreign {
                command.env_remove(name);
            }
        }
        let output = command
            .args(args)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TARGET_DIR", &self.target)
            .current_dir(self.root.join(folder))
            .output()
            .expect("cargo starts");
        let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        Outcome { passed: output.status.success(), text: text.into_owned() }
    }
}

impl Outcome {
    #[track_caller]
    fn passes(self) -> Self {
        assert!(self.passed, "{}", self.text);
        self
    }

    #[track_caller]
    fn fails_with(&self, expected: &str) -> &Self {
        assert!(!self.passed, "passed: {}", self.text);
        self.says(expected)
    }

    #[track_caller]
    fn says(&self, expected: &str) -> &Self {
        assert!(self.text.contains(expected), "no {expected:?} in {}", self.text);
        self
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a folder below testdata").map(|entry| entry.expect("an entry")) {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::write(copied, fs::read(path).expect("a readable file")).expect("a writable file");
        }
    }
}

#[test]
fn the_workspace_of_the_template_builds_lints_and_tests() {
    let shop = Project::new("shop");
    shop.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
    .passes();
    shop.cargo(&["test", "--workspace", "--locked"]).passes().says("an_order_has_a_price ... ok");
    shop.cargo(&["xtask"]).passes().says("cargo xtask ci | lint");
}

#[test]
fn features_of_the_template_only_add() {
    let shop = Project::new("shop");
    assert!(shop.cargo(&["run"]).passes().text.ends_with("200 1250\n"));
    assert!(shop.cargo(&["run", "--features", "tracing"]).passes().text.ends_with("200 1250\n"));
    shop.cargo(&["run", "--features", "mail"]).passes().says("200 1250, mail to customer\n");
    shop.cargo(&["run", "--all-features"]).passes().says("200 1250, mail to customer (traced)\n");
    let tree =
        shop.cargo(&["tree", "--package", "shop-api", "--edges", "normal", "--features", "tracing"]).passes();
    assert!(!tree.text.contains("shop-mail"), "`?` does not turn the dependency on: {}", tree.text);
    shop.cargo(&["check", "--package", "shop-api", "--features", "sms"])
        .fails_with("the package 'shop-api' does not contain this feature: sms");
}

#[test]
fn names_that_are_missing_or_private() {
    let names = Project::new("names");
    let check = |example: &str| names.cargo(&["check", "--example", example]);
    check("e0432").fails_with("error[E0432]: unresolved import `names::order`");
    check("e0433")
        .fails_with("error[E0433]: cannot find module or crate `serde_json` in this scope")
        .says("use of unresolved module or unlinked crate `serde_json`")
        .says("use of undeclared type `HashMap`");
    check("e0603")
        .fails_with("error[E0603]: function `audit` is private")
        .says("error[E0603]: module `store` is private");
    check("e0616").fails_with("error[E0616]: field `cents` of struct `Order` is private");
    check("e0451").fails_with("error[E0451]: field `cents` of struct `Order` is private");
    check("e0639").fails_with("error[E0639]: cannot create non-exhaustive struct using struct expression");
    check("e0583")
        .fails_with("error[E0583]: file not found for module `billing`")
        .says(r#"create file "examples/billing.rs" or "examples/billing/mod.rs""#);
    check("unreachable").fails_with("unreachable `pub` item");
}

#[test]
fn the_orphan_rule_and_the_newtype() {
    let names = Project::new("names");
    let check = |example: &str| names.cargo(&["check", "--example", example]);
    check("e0117")
        .fails_with("error[E0117]: only traits defined in the current crate can be implemented for types defined outside")
        .says("define and implement a trait or new type instead");
    check("e0210").fails_with(
        "error[E0210]: type parameter `T` must be used as the type parameter for some local type",
    );
    names.cargo(&["run", "--example", "newtype"]).passes().says("order 1\norder 2\n");
}

#[test]
fn modules_declared_in_main_and_lib_are_two_types() {
    let twice = Project::new("twice");
    twice
        .cargo(&["check"])
        .fails_with("error[E0308]: mismatched types")
        .says("expected `orders::Order`, found `twice::orders::Order`");
}

#[test]
fn two_versions_of_a_crate_have_two_types() {
    let two = Project::new("two");
    two.cargo(&["check", "--bin", "app"])
        .fails_with("error[E0308]: mismatched types")
        .says("there are multiple different versions of crate `money` in the dependency graph");
    two.cargo(&["check", "--bin", "same"]).passes();
    two.cargo(&["tree", "--invert", "money@1.0.0"]).passes().says("ledger v0.1.0");
    two.cargo(&["tree", "--duplicates"]).passes().says("money v1.0.0").says("money v2.0.0");
}

#[test]
fn a_cycle_through_dev_dependencies_builds_a_crate_twice() {
    let devcycle = Project::new("devcycle");
    devcycle.cargo(&["check", "--workspace"]).passes();
    devcycle
        .cargo(&["check", "--package", "orders", "--tests"])
        .fails_with("error[E0308]: mismatched types")
        .says("expected `Order`, found `orders::Order`");
}

#[test]
fn what_the_resolver_refuses() {
    Project::new("cycle").cargo(&["check"]).fails_with("error: cyclic package dependency: package `");
    Project::new("feature")
        .cargo(&["check"])
        .fails_with("failed to select a version for `money`")
        .says("package `app` depends on `money` with feature `json` but `money` does not have that feature.")
        .says("available features: serde");
    Project::new("version")
        .cargo(&["check"])
        .fails_with("failed to select a version for the requirement `money = \"^2\"`")
        .says("candidate versions found which didn't match: 1.0.0");
    Project::new("links")
        .cargo(&["check"])
        .fails_with("Attempting to resolve a dependency with more than one crate with links=ssl");
    Project::new("stale")
        .cargo(&["check", "--locked"])
        .fails_with("because --locked was passed to prevent this");
    Project::new("msrv")
        .cargo(&["check"])
        .fails_with("is not supported by the following package")
        .says("requires rustc 1.999");
}

#[test]
fn what_the_manifests_of_a_workspace_refuse() {
    let member = Project::new("member");
    member.cargo(&["check"]).passes();
    member
        .cargo_in("tool", &["check"])
        .fails_with("error: current package believes it's in a workspace when it's not:");
    Project::new("inherit")
        .cargo(&["check"])
        .fails_with("error inheriting `money` from workspace root manifest's `workspace.dependencies.money`")
        .says("`dependency.money` was not found in `workspace.dependencies`");
    Project::new("defaults")
        .cargo(&["check"])
        .fails_with("`default-features = false` cannot override workspace's `default-features`");
    let shop = Project::new("shop");
    fs::create_dir(shop.root.join("crates/leftover")).expect("a writable folder");
    shop.cargo(&["metadata", "--no-deps"])
        .fails_with("failed to load manifest for workspace member")
        .says("referenced via `crates/*` by workspace");
    fs::remove_dir(shop.root.join("crates/leftover")).expect("an empty folder");
    let mail = shop.root.join("crates/shop-mail/Cargo.toml");
    let manifest = fs::read_to_string(&mail).expect("a readable manifest");
    fs::write(mail, manifest + "rust.unsafe_code = \"deny\"\n").expect("a writable manifest");
    shop.cargo(&["metadata", "--no-deps"]).fails_with("cannot override `workspace.lints` in `lints`");
    Project::new("empty").cargo(&["check"]).fails_with("no targets specified in the manifest");
}

#[test]
fn what_the_manifests_of_a_workspace_warn_of() {
    Project::new("profile")
        .cargo(&["check"])
        .passes()
        .says("profiles for the non root package will be ignored");
    Project::new("resolver")
        .cargo(&["check"])
        .passes()
        .says("virtual workspace defaulting to `resolver = \"1\"` despite one or more workspace members being on edition 2024");
    Project::new("cfg")
        .cargo(&["check"])
        .passes()
        .says("warning: unexpected `cfg` condition value: `metric`")
        .says("warning: unexpected `cfg` condition name: `tokio_unstable`");
}

#[test]
fn features_are_unified_over_what_is_built_together() {
    let unify = Project::new("unify");
    unify.cargo(&["check", "--workspace"]).passes();
    unify
        .cargo(&["check", "--package", "api"])
        .fails_with("cannot find function `to_json` in crate `money`")
        .says("configured out");
}

#[test]
fn features_that_exclude_each_other_break_a_build_with_both() {
    let exclusive = Project::new("exclusive");
    exclusive.cargo(&["check", "--features", "postgres"]).passes();
    exclusive
        .cargo(&["check", "--all-features"])
        .fails_with("error[E0428]: the name `placeholder` is defined multiple times");
}

#[test]
fn workspace_lints_reach_only_members_that_ask_for_them() {
    let lints = Project::new("lints");
    let outcome = lints.cargo(&["clippy", "--workspace", "--keep-going", "--", "-D", "warnings"]);
    outcome.fails_with("used `unwrap()` on a `Result` value").says("app/src/lib.rs:2:5");
    assert!(!outcome.text.contains("old/src/lib.rs"), "{}", outcome.text);
    Project::new("priority")
        .cargo(&["clippy"])
        .fails_with("lint group `all` has the same priority (0) as a lint");
}

#[test]
fn a_build_script_without_rerun_lines_runs_after_any_change_in_its_package() {
    let rerun = Project::new("rerun");
    let runs = |package: &str| {
        rerun.cargo(&["run", "--quiet", "--package", package]).passes().text.trim().to_owned()
    };
    for package in ["careless", "careful"] {
        let before = runs(package);
        assert_eq!(runs(package), before, "nothing changed");
        fs::write(rerun.root.join(package).join("notes.txt"), "a note").expect("a writable folder");
        let changed = runs(package) != before;
        assert_eq!(changed, package == "careless", "{package}");
    }
}

#[test]
fn a_package_with_two_programs_names_the_one_that_runs() {
    Project::new("two-binaries")
        .cargo(&["run"])
        .fails_with("`cargo run` could not determine which binary to run")
        .says("available binaries: migrate, serve");
    let named = Project::new("default-run");
    named.cargo(&["run", "--quiet"]).passes().says("serve is here");
    named.cargo(&["run", "--quiet", "--bin", "migrate"]).passes().says("migrate is here");
}

#[test]
fn a_task_of_the_project_is_a_cargo_command() {
    let shop = Project::new("shop");
    fs::remove_file(shop.root.join("rust-toolchain.toml")).expect("a pinned toolchain"); // takes the one that runs
    shop.cargo(&["xtask"]).passes().says("cargo xtask ci | lint");
}

#[test]
fn a_deprecated_alias_warns_and_a_deprecated_re_export_does_not() {
    Project::new("moved")
        .cargo(&["check"])
        .passes()
        .says("use of deprecated type alias `shop::Invoice`: moved to billing::Invoice");
    let silent = Project::new("moved-reexport").cargo(&["check"]).passes();
    assert!(!silent.text.contains("warning"), "{}", silent.text);
}

#[test]
fn an_unused_public_function_is_found_only_where_no_crate_could_reach_it() {
    let library = Project::new("unused-pub").cargo(&["check"]).passes();
    library.says("function `forgotten` is never used"); // pub in a private module
    assert!(!library.text.contains("also_forgotten"), "{}", library.text); // pub in lib.rs
    let program = Project::new("unused-pub-bin").cargo(&["check"]).passes();
    assert!(!program.text.contains("warning"), "{}", program.text); // pub in main.rs
}

#[test]
fn two_packages_of_one_name() {
    Project::new("same-name")
        .cargo(&["check"])
        .fails_with("error: two packages named `config` in this workspace");
    Project::new("collision")
        .cargo(&["check"])
        .fails_with("error: package collision in the lockfile: packages money v0.1.0")
        .says("are different, but only one can be written to lockfile unambiguously");
}
