"""Folders on disk: .gitignore, links, limits."""

import os
from dataclasses import replace

import pytest

from assistant.errors import ProjectRefused
from assistant.project.archive import read_folder
from tests.project.conftest import LIMITS

GO = "package main\n"


@pytest.fixture
def folder(tmp_path):
    """`folder({...})` writes files below shop/ and returns it."""

    def folder(files):
        for name, content in files.items():
            path = tmp_path / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / "shop"

    return folder


def test_a_folder_is_read_like_an_archive(folder):
    tree = read_folder(folder({"go.mod": "module shop\n", "cmd/main.go": GO, "logo.png": b"\x89PNG", "go.sum": ""}), LIMITS)
    assert (tree.name, dict(tree.texts)) == ("shop", {"go.mod": "module shop\n", "cmd/main.go": GO})
    assert tree.paths == ("cmd/main.go", "go.mod", "go.sum", "logo.png")


def test_its_only_folder_is_not_taken_off(folder):
    assert read_folder(folder({"src/main.rs": "fn main() {}\n"}), LIMITS).paths == ("src/main.rs",)


def test_what_gitignore_names_is_left_out(folder):
    files = {".gitignore": "*.log\n/build/\n!keep.log\nsecret.go\n", "main.go": GO, "a.log": "", "keep.log": "", "build/x.go": GO, "sub/secret.go": GO}
    assert read_folder(folder(files), LIMITS).paths == (".gitignore", "keep.log", "main.go")


def test_the_deeper_gitignore_decides(folder):
    files = {".gitignore": "*.gen.go\n", "a.gen.go": GO, "api/.gitignore": "!*.gen.go\nb.go\n", "api/a.gen.go": GO, "api/b.go": GO, "b.go": GO}
    assert read_folder(folder(files), LIMITS).paths == (".gitignore", "api/.gitignore", "api/a.gen.go", "b.go")


@pytest.mark.parametrize("line", ["!", "a\\", "[z-a]", "\0", "\udcff"])
def test_a_line_of_gitignore_that_is_no_pattern_is_passed_over(folder, line):
    path = folder({".gitignore": (line + "\nb.go\n").encode("utf-8", "surrogateescape"), "main.go": GO, "b.go": GO})
    assert set(read_folder(path, LIMITS).texts) == {".gitignore", "main.go"} - ({".gitignore"} if line in "\0\udcff" else set())


def test_a_gitignore_made_to_hold_the_reader_is_passed_over(folder):
    path = folder({".gitignore": "*a" * 12 + "b\n" + "**/a/" * 12 + "b\n", "a" * 200 + ".go": GO, "/".join("a" * 40) + "/main.go": GO})
    assert len(read_folder(path, replace(LIMITS, seconds=2)).texts) == 3


def test_closed_folders_are_not_entered_but_for_modules_txt(folder):
    files = {"main.go": GO, "vendor/modules.txt": "# x v1\n", "vendor/x/x.go": GO, "web/node_modules/a.js": "", ".git/config": "[core]"}
    tree = read_folder(folder(files), replace(LIMITS, entries=6))
    assert tree.paths == ("main.go", "vendor/modules.txt")
    assert {item.path: item.reason for item in tree.skipped} == {
        ".git/": "version control data",
        "vendor/": "vendored code",
        "web/node_modules/": "vendored code",
    }


def test_links_are_listed_and_never_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.go").write_text("main.go\n")  # as a .gitignore it would hide main.go
    path = folder({"main.go": GO, "vendor/x.go": GO})
    (path / "link.go").symlink_to(outside / "secret.go")
    (path / "linked").symlink_to(outside)
    (path / "loop").symlink_to(path)
    (path / ".gitignore").symlink_to(outside / "secret.go")
    (path / "vendor" / "modules.txt").symlink_to(outside / "secret.go")
    tree = read_folder(path, LIMITS)
    assert set(tree.texts) == {"main.go"}
    assert {item.path for item in tree.skipped if item.reason == "a link, never followed"} == {
        ".gitignore",
        "link.go",
        "linked",
        "loop",
        "vendor/modules.txt",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_listed_and_not_waited_for(folder):
    path = folder({"main.go": GO})
    os.mkfifo(path / "pipe.go")
    os.mkfifo(path / ".gitignore")
    assert {item.path: item.reason for item in read_folder(path, LIMITS).skipped} == {".gitignore": "a device or pipe", "pipe.go": "a device or pipe"}


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_what_cannot_be_opened_is_listed(folder):
    path = folder({"main.go": GO, "locked.go": GO, "locked/main.go": GO})
    (path / "locked.go").chmod(0)
    (path / "locked").chmod(0)
    try:
        tree = read_folder(path, LIMITS)
    finally:
        (path / "locked").chmod(0o700)
    assert {item.path for item in tree.skipped} == {"locked", "locked.go"}


def test_a_name_that_is_no_utf_8_is_shown_escaped(folder):
    path = folder({"main.go": GO})
    try:
        (path / os.fsdecode(b"caf\xe9.go")).write_text(GO)
    except OSError:
        pytest.skip("this file system keeps names in UTF-8")
    assert set(read_folder(path, LIMITS).texts) == {"main.go", "caf\\udce9.go"}


LIMITED = {
    "inflated": ({"inflated_bytes": 500_000}, "GNOMON_MAX_INFLATED_MB"),
    "entries": ({"entries": 3}, "GNOMON_MAX_ENTRIES"),
    "path length": ({"path_length": 16}, "16 characters"),
    "path depth": ({"path_depth": 3}, "3 folders"),
    "seconds": ({"seconds": 1e-9}, "GNOMON_MAX_READ_SECONDS"),
}


@pytest.mark.parametrize(("limits", "word"), LIMITED.values(), ids=LIMITED.keys())
def test_each_limit_is_kept_and_named(folder, limits, word):
    path = folder({f"services/deep/folder{number}/main.go": GO + "x = 1\n" * 30_000 for number in range(4)})
    assert len(read_folder(path, LIMITS).texts) == 4
    with pytest.raises(ProjectRefused, match=word):
        read_folder(path, replace(LIMITS, **limits))


def test_large_files_are_listed(folder):
    tree = read_folder(folder({"main.go": GO, "data.sql": "x\n" * 1_100_000, "go.mod": "x\n" * 550_000}), LIMITS)
    assert [(item.path, item.reason) for item in tree.skipped] == [("data.sql", "larger than 2 MB"), ("go.mod", "larger than 1 MB")]


def test_empty_folders_below_a_deep_path_end_at_the_limit(folder):
    path = folder({"main.go": GO})
    (path / "/".join("d" * 200)).mkdir(parents=True)
    with pytest.raises(ProjectRefused, match="deeper"):
        read_folder(path, LIMITS)


@pytest.mark.parametrize("make", [lambda path: path, lambda path: path.mkdir() or path], ids=["missing", "empty"])
def test_a_folder_without_files_is_refused(tmp_path, make):
    with pytest.raises(ProjectRefused, match="shop"):
        read_folder(make(tmp_path / "shop"), LIMITS)


def test_entries_are_counted_over_all_folders(folder):
    path = folder({"a/x.go": GO, "a/y.go": GO, "b/x.go": GO, "b/y.go": GO})
    assert len(read_folder(path, replace(LIMITS, entries=6)).texts) == 4
    with pytest.raises(ProjectRefused, match="entries"):
        read_folder(path, replace(LIMITS, entries=5))
