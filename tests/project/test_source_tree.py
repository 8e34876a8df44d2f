"""The policy: which files are kept as text, which are listed, and how."""

import codecs

import pytest

from assistant.project.source_tree import NotText, decode_text, escaped_name, is_kept, shown_name
from tests.project.archives import make_tar, make_zip

GO = "package main\n"

KEPT = [
    "go.mod", "go.work", "vendor/modules.txt", "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", "package.json", "pyproject.toml",
    "requirements.txt", "requirements-dev.txt", "pom.xml", "build.gradle", "build.gradle.kts", "Shop.csproj", "composer.json", "Gemfile",
    "Dockerfile", "Dockerfile.dev", "docker-compose.yml", "compose.yaml", "compose.override.yml", "sqlc.yaml", ".github/workflows/ci.yml",
    ".gitlab-ci.yml", "api/v1/shop.proto", "db/migrations/001_init.up.sql", ".env.example", "Makefile", "README.md", "README", "cmd/api/main.go",
    "src/main.rs",
]  # fmt: skip
LISTED = ["go.sum", ".env", "web/app.ts", "index.html", "LICENSE", "main.go.bak", "README.png", "xgo.mod", "notes/ci.yml"]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_manifests_and_sources_are_kept_and_the_rest_is_seen(read, make):
    tree = read(make(dict.fromkeys(KEPT + LISTED, "text\n")))
    assert sorted(tree.texts) == sorted(KEPT)
    assert sorted(tree.paths) == sorted(KEPT + LISTED)


@pytest.mark.parametrize("path", KEPT)
def test_a_kept_file_is_kept_below_a_folder_too(path):
    assert is_kept(f"services/orders/{path}")


CLOSED = ("vendor", "node_modules", "third_party", "target/debug", ".git", "web/node_modules", "services/a/vendor")


@pytest.mark.parametrize("folder", CLOSED)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_closed_folder_is_one_line_with_its_count(read, make, folder):
    tree = read(make({"main.go": GO, **{f"{folder}/deep/{number}.go": GO for number in range(1_200)}}))
    assert tree.paths == ("main.go",)
    [line] = tree.skipped
    assert line.path == f"{folder.removesuffix('/debug')}/"
    assert line.reason.endswith("1,200 files")


def test_a_folder_inside_a_closed_folder_belongs_to_the_outer_one(read):
    tree = read(make_zip({"main.go": GO, "vendor/a/node_modules/b.js": "", "vendor/a/vendor/modules.txt": ""}))
    assert [(item.path, item.reason) for item in tree.skipped] == [("vendor/", "vendored code, 2 files")]


def test_a_file_called_like_a_closed_folder_is_a_file(read):
    assert set(read(make_zip({"main.go": GO, "bin/target": "x", "cmd/vendor": "y"})).paths) == {"main.go", "bin/target", "cmd/vendor"}


def test_kinds_that_are_not_read_are_one_line_each(read):
    files = {f"web/{number}.ts": "" for number in range(3)} | {"logo.png": b"\x89PNG", "LICENSE": "", "a/x.css": "", "b/x.css": "", "main.go": GO}
    assert [(item.path, item.reason) for item in read(make_zip(files)).skipped] == [
        ("logo.png", "binary"),
        ("*.css", "not a kind of file that is read, 2 files"),
        ("*.ts", "not a kind of file that is read, 3 files"),
        ("LICENSE", "not a kind of file that is read"),
    ]


UNREAD = {
    "NUL bytes": (b"package main\0\n", "binary"),
    "a picture called Go": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", "binary"),
    "Latin-1": ("// café\n".encode("latin-1"), "neither UTF-8 nor UTF-16"),
    "an over-long line": (b"package main\n//" + b"x" * 30_000, "a line longer than 20,000 characters"),
    "UTF-16 without its mark": ("package main\n".encode("utf-16-le"), "binary"),
    "UTF-32": (codecs.BOM_UTF32_LE + "package main\n".encode("utf-32-le"), "binary"),
    "half a UTF-16 character": (codecs.BOM_UTF16_LE + b"a\0b", "binary"),
}


@pytest.mark.parametrize(("content", "reason"), UNREAD.values(), ids=UNREAD.keys())
def test_what_is_no_text_is_listed_with_the_reason(read, content, reason):
    tree = read(make_zip({"main.go": GO, "odd.go": content}))
    assert [(item.path, item.reason) for item in tree.skipped] == [("odd.go", reason)]
    assert "odd.go" in tree.paths
    with pytest.raises(NotText, match=reason):
        decode_text(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("// café\n".encode(), id="UTF-8"),
        pytest.param(codecs.BOM_UTF8 + "// café\n".encode(), id="UTF-8 with mark"),
        pytest.param(codecs.BOM_UTF16_LE + "// café\n".encode("utf-16-le"), id="UTF-16 little"),
        pytest.param(codecs.BOM_UTF16_BE + "// café\n".encode("utf-16-be"), id="UTF-16 big"),
    ],
)
def test_text_is_decoded_by_its_mark(content):
    assert decode_text(content) == "// café\n"


def test_invisible_characters_are_taken_out_and_lines_stay():
    hidden = "".join(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFE00, 0xFE0F, 0xE0000, 0xE0041, 0xE007F)))
    assert decode_text(f"a{hidden}b\n{hidden}\nc\n".encode()) == "ab\n\nc\n"


def test_a_name_hides_nothing():
    assert escaped_name("go\u200b.mod") == "go\\u200b.mod"
    assert escaped_name("a\u3164b\U000e0100\udc80\x1b") == "a\\u3164b\\U000e0100\\udc80\\u001b"
    assert escaped_name("größe/日本.go") == "größe/日本.go"
    assert len(shown_name("a" * 5_000)) == 120
