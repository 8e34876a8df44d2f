"""What holds for every archive, tried on thousands: what was packed comes out, and whatever is changed is refused in one sentence or read within the limits."""

import gzip
import lzma
import sys
from dataclasses import replace
from pathlib import Path

import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import ProjectRefused
from assistant.project.archive import read_archive
from assistant.project.cargo_toml import parse_cargo_toml
from assistant.project.go_mod import parse_go_mod, parse_go_work
from assistant.project.source_tree import SourceTree
from assistant.project.stack import detect_stack, whole
from tests.project.archives import ZipRow, make_tar, make_zip, pack_zip
from tests.project.conftest import LIMITS
from tests.project.trees import catalogue

SMALL = replace(LIMITS, inflated_bytes=200_000, entries=50, seconds=5.0, upload_bytes=100_000)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
names = st.lists(st.text(alphabet="abcxyz-_.é日", min_size=1, max_size=8).filter(lambda part: part.strip(".")), min_size=1, max_size=4).map(
    lambda parts: "/".join(["repo", *parts]) + ".go"
)
contents = st.text(alphabet=st.characters(max_codepoint=0x1FFF, exclude_characters="\0"), max_size=200)  # invisible ones, which are taken out, lie above
packers = st.sampled_from(
    [make_zip, make_tar, lambda files: make_tar(files, "w:gz"), lambda files: lzma.compress(make_tar(files)), lambda files: zstandard.compress(make_tar(files))]
)


def opened(folder: Path, content: bytes) -> SourceTree:
    path = folder / "upload"
    path.write_bytes(content)
    return read_archive(path, SMALL)


@quick
@given(files=st.dictionaries(names, contents, min_size=1, max_size=6), pack=packers)
def test_what_is_packed_comes_out(tmp_path, files, pack):
    folders = {path.rsplit("/", count)[0] for path in files for count in range(1, path.count("/") + 1)}
    if folders & set(files):
        return
    try:
        tree = opened(tmp_path, pack(files))
    except ProjectRefused as error:
        assert "name" in str(error) or "folder" in str(error)
        return
    assert sorted(tree.texts.values()) == sorted(files.values())


WHOLES = [
    make_zip({"r/go.mod": "module m\n", "r/cmd/main.go": "package main\n" * 20}),
    make_tar({"r/go.mod": "module m\n", "r/cmd/main.go": "package main\n" * 20}),
    gzip.compress(make_tar({"r/go.mod": "module m\n"}), mtime=0),
    lzma.compress(make_tar({"r/go.mod": "module m\n"})),
    zstandard.compress(make_tar({"r/go.mod": "module m\n"})),
]


@quick
@given(data=st.data(), whole_archive=st.sampled_from(WHOLES))
def test_a_changed_archive_is_refused_or_read_and_nothing_else(tmp_path, data, whole_archive):
    changed = bytearray(whole_archive)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        piece = data.draw(st.binary(max_size=6))
        changed[at : at + data.draw(st.integers(0, 6))] = piece
        if not changed:
            return
    try:
        tree = opened(tmp_path, bytes(changed))
    except ProjectRefused as error:
        assert "\n" not in str(error)
        assert str(tmp_path) not in str(error)
        return
    assert sum(sys.getsizeof(text) for text in tree.texts.values()) < 2 * SMALL.inflated_bytes


rows = st.builds(
    ZipRow,
    name=st.binary(min_size=1, max_size=20),
    content=st.binary(max_size=60),
    method=st.sampled_from([0, 8, 12]),
    flags=st.integers(0, 0xFFFF),
    mode=st.integers(0, 0xFFFF),
    size=st.none() | st.integers(0, 0xFFFFFFFF),
    packed_size=st.none() | st.integers(0, 0xFFFFFFFF),
    offset=st.none() | st.integers(0, 400),
    extra=st.binary(max_size=40),
)


@quick
@given(rows=st.lists(rows, min_size=1, max_size=4), count=st.none() | st.integers(0, 0xFFFF), shift=st.integers(0, 5))
def test_a_zip_whose_every_field_may_lie_is_refused_or_read_and_nothing_else(tmp_path, rows, count, shift):
    try:
        tree = opened(tmp_path, pack_zip(*rows, count=count, shift=shift))
    except ProjectRefused:
        return
    assert all(not path.startswith("/") and ".." not in path.split("/") and path.isprintable() for path in tree.paths)


lines = st.lists(
    st.sampled_from(
        ["module m", "go 1.26", "require (", ")", "use (", "./a", "[package]", "[workspace", 'name = "x"', "a.b.c = 1", "= =", '"', "`", "//", "{", "\t"]
    ),
    max_size=12,
)


@quick
@given(lines=lines)
def test_a_manifest_parses_or_raises_value_error(lines):
    text = "\n".join(lines)
    for parse in (parse_go_mod, parse_go_work, parse_cargo_toml):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)


@quick
@given(
    texts=st.dictionaries(
        st.sampled_from(["go.mod", "main.go", "Cargo.toml", "src/main.rs", "compose.yaml", "go.work", ".env.example", "sqlc.yaml", "a.proto"]),
        contents,
        max_size=5,
    )
)
def test_detection_takes_whatever_text_it_is_given(texts):
    for fact in whole(detect_stack(SourceTree("x", texts, tuple(texts)), catalogue())):
        assert fact.evidence.path in texts
