//! Each project under `testdata/` is copied away and judged by cargo, without a network.

use std::fs;
use std::path::Path;
use std::process::Command;

use project_structure::billing::{Invoice, total_cents};
use project_structure::ids::OrderId;

/// What cargo says to a project of `testdata/`, and whether it was content.
fn cargo(project: &str, arguments: &[&str]) -> (bool, String) {
    let home = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(project.split('/').next().unwrap()),
        &home.path().join(project.split('/').next().unwrap()),
    );
    run(&home.path().join(project), arguments, &home.path().join("target"))
}

fn run(folder: &Path, arguments: &[&str], target: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name())
        };
        if path.is_dir() { copy(&path, &to.join(name)) } else { _ = fs::copy(&path, to.join(name)).unwrap() }
    }
}

#[track_caller]
fn refused(project: &str, arguments: &[&str], texts: &[&str]) {
    let (content, said) = cargo(project, arguments);
    assert!(!content, "{said}");
    for text in texts {
        assert!(said.contains(text), "{text:?} is missing in:\n{said}");
    }
}

#[test]
fn cargo_and_the_compiler_say_what_the_document_quotes() {
    refused("private", &["check"], &["error[E0603]: function `charge` is private"]);
    refused("unresolved", &["check"], &["error[E0432]: unresolved import `crate::billing`"]);
    refused(
        "orphan",
        &["check"],
        &[
            "error[E0117]: only traits defined in the current crate can be implemented for types defined outside of the crate",
        ],
    );
    refused(
        "missing-module",
        &["check"],
        &["error[E0583]: file not found for module `billing`", "billing.rs"],
    );
    refused("cycle", &["check"], &["cyclic package dependency"]);
    refused("not-a-member/tool", &["check"], &["current package believes it's in a workspace when it's not"]);
    refused(
        "two-versions",
        &["check"],
        &[
            "error[E0308]: mismatched types",
            "there are multiple different versions of crate `money` in the dependency graph",
        ],
    );
    refused("newer", &["check"], &["requires rustc 1.199"]);
    refused("stale-lock", &["check", "--locked"], &["--locked was passed"]);
    refused("inherit", &["check"], &["error inheriting `serde` from workspace root manifest"]);
    assert!(cargo("orphan-mended", &["check"]).0);
}

#[test]
fn an_unknown_feature_in_code_is_warned_about() {
    let (content, said) = cargo("unexpected-cfg", &["check"]);
    assert!(content && said.contains("unexpected `cfg` condition value: `metrics`"), "{said}");
}

#[test]
fn features_of_one_member_reach_another_when_both_are_built() {
    let home = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/unification"), home.path());
    let target = home.path().join("target");
    let (_, alone) = run(home.path(), &["run", "-q", "-p", "lenient"], &target);
    assert_eq!(alone.trim(), "false");
    run(home.path(), &["build", "-q", "--workspace"], &target);
    let together = Command::new(target.join("debug/lenient")).output().unwrap().stdout;
    assert_eq!(String::from_utf8_lossy(&together).trim(), "true");
}

#[test]
fn features_add() {
    for arguments in [vec!["test"], vec!["test", "--all-features"], vec!["test", "--no-default-features"]] {
        let (content, said) = cargo("features", &arguments);
        assert!(content, "{said}");
    }
}

#[test]
fn a_build_script_stamps_the_commit() {
    let (content, said) = cargo("build-script", &["run", "-q"]);
    assert!(content && said.trim() == "unknown", "{said}");
}

#[test]
fn the_shop_builds_tests_and_runs() {
    let home = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/shop"), home.path());
    fs::remove_file(home.path().join("rust-toolchain.toml")).unwrap(); // the toolchain that is here
    let target = home.path().join("target");
    let (content, said) = run(home.path(), &["clippy", "--workspace", "--all-targets"], &target);
    assert!(content && !said.contains("warning"), "{said}");
    let (content, said) = run(home.path(), &["test", "--workspace"], &target);
    assert!(content && said.contains("1 passed"), "{said}");
    run(home.path(), &["build"], &target);
    let program = target.join("debug/shop-server");
    let placed = Command::new(&program).args(["2", "3"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&placed.stdout), "2 orders placed\n");
    let refused = Command::new(&program).args(["two"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&refused.stderr), "shop: \"two\" is no number of pieces\n");
    assert_eq!(refused.status.code(), Some(1));

    let library = home.path().join("crates/server/src/lib.rs");
    let with_unwrap = fs::read_to_string(&library).unwrap()
        + "\n/// Bad.\npub fn first(x: Option<u8>) -> u8 {\n    x.unwrap()\n}\n";
    fs::write(&library, with_unwrap).unwrap();
    let (content, said) = run(home.path(), &["clippy", "--workspace"], &target);
    assert!(!content && said.contains("used `unwrap()` on an `Option` value"), "{said}");
}

#[test]
fn modules_show_what_they_mean_to() {
    let invoice = |country: &str| Invoice { country: country.into(), cents: 1000 };
    assert_eq!((total_cents(&invoice("DE")), total_cents(&invoice("FR"))), (1190, 1200));
    assert_eq!(OrderId::new(7).unwrap().to_string(), "order-7");
    assert!(OrderId::new(0).is_none());
}
