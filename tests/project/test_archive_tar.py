"""Tar files, plain and compressed, honest and hostile."""

import gzip
import tarfile
import zlib

import pytest

from assistant.errors import ProjectRefused
from tests.project.archives import END_OF_TAR, make_tar, padded, pax_row, tar_header, tar_row

GO = b"package main\n"
MAIN = tar_row("main.go", GO)


def test_the_builder_makes_tars_that_others_read_too(tmp_path):
    path = tmp_path / "honest.tar"
    path.write_bytes(pax_row({"path": "a/long.go"}) + tar_row("short.go", GO) + MAIN + END_OF_TAR)
    with tarfile.open(path) as archive:
        assert [(row.name, row.size) for row in archive] == [("a/long.go", len(GO)), ("main.go", len(GO))]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_read_and_its_top_folder_taken_off(read, kind, mode):
    long = "shop-main/" + "/".join(["internal"] * 12) + "/ledger.go"
    tree = read(make_tar({"./shop-main/go.mod": "module shop\n", long: GO, "shop-main/logo.svg": "<svg/>"}, mode, kind))
    assert dict(tree.texts) == {"go.mod": "module shop\n", long.removeprefix("shop-main/"): GO.decode()}
    assert "logo.svg" in tree.paths


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_names_longer_than_a_header_are_read(read, kind):
    name = "x" * 180 + "/é.go"
    assert read(make_tar({name: GO, "go.mod": ""}, kind=kind)).texts[name] == GO.decode()


def test_the_comment_of_git_archive_is_read_over(read):
    assert read(pax_row({"comment": "0123abcd"}, b"g") + MAIN + END_OF_TAR).paths == ("main.go",)


def test_the_same_member_twice_is_read_once(read):
    assert read(MAIN + MAIN + END_OF_TAR).paths == ("main.go",)


def test_several_gzip_streams_are_one_file(read):
    whole = MAIN + END_OF_TAR
    assert read(gzip.compress(whole[:300]) + gzip.compress(whole[300:])).paths == ("main.go",)


def test_zeros_after_the_end_are_padding(read):
    assert read(gzip.compress(MAIN + END_OF_TAR + bytes(20_000)) + bytes(700)).paths == ("main.go",)


def test_links_and_devices_are_listed_and_never_followed(read):
    rows = [tar_header(f"{kind.decode()}.go", 0, kind, link=b"/etc/passwd") for kind in (b"1", b"2", b"3", b"4", b"6")]
    tree = read(b"".join(rows) + MAIN + END_OF_TAR)
    assert [(item.path, item.reason.split(",")[0]) for item in tree.skipped] == [
        ("1.go", "a hard link"),
        ("2.go", "a link"),
        ("3.go", "a device"),
        ("4.go", "a device"),
        ("6.go", "a pipe"),
    ]
    assert set(tree.texts) == {"main.go"}


def test_skipped_members_do_not_count_as_inflated(read):
    tree = read(make_tar({"main.go": GO, "node_modules/a/index.js": b"x" * 50_000, "vendor/a/a.go": b"y" * 50_000}, "w:gz"), inflated_bytes=1_000)
    assert set(tree.texts) == {"main.go"}
    assert {item.path for item in tree.skipped} == {"node_modules/", "vendor/"}


HOSTILE = {
    "negative size in octal": (tar_header("main.go", b"-0000000001\0") + END_OF_TAR, "number that cannot be"),
    "negative size in base 256": (tar_header("main.go", b"\xff" * 12) + END_OF_TAR, "number that cannot be"),
    "negative size of the first pax header": (tar_header("x", b"\xff" * 11 + b"\x00", b"x") + END_OF_TAR, "number that cannot be"),
    "size that is no number": (tar_header("main.go", b"0x10\0") + END_OF_TAR, "number that cannot be"),
    "size beyond the file": (tar_header("main.go", 10_000) + padded(GO) + END_OF_TAR, "cut off"),
    "size of a skipped member beyond the file": (tar_header("logo.png", b"\x80" + b"\x7f" * 11) + END_OF_TAR, "cut off"),
    "sparse": (tar_header("main.go", 0, b"S") + END_OF_TAR, "sparse"),
    "sparse by pax": (pax_row({"GNU.sparse.major": "1"}) + MAIN + END_OF_TAR, "sparse"),
    "pax header too long": (tar_header("x", 10**6, b"x") + bytes(10**6) + MAIN + END_OF_TAR, "header is longer"),
    "long name too long": (tar_header("x", 10**6, b"L") + b"a" * 10**6 + MAIN + END_OF_TAR, "header is longer"),
    "negative pax size": (pax_row({"size": "-1"}) + MAIN + END_OF_TAR, "size that cannot be"),
    "pax size in other digits": (pax_row({"size": "²"}) + MAIN + END_OF_TAR, "size that cannot be"),
    "pax size of many digits": (pax_row({"size": "9" * 6000}) + MAIN + END_OF_TAR, "size that cannot be"),
    "pax size that differs": (pax_row({"size": "1000000"}) + MAIN + END_OF_TAR, "cut off"),
    "pax length that lies": (tar_row("x", b"99 path=evil.go\n", b"x") + MAIN + END_OF_TAR, "pax header is damaged"),
    "pax length of zero": (tar_row("x", b"0 path=evil.go\n", b"x") + MAIN + END_OF_TAR, "pax header is damaged"),
    "pax record without a line end": (tar_row("x", b"7 a=bcd", b"x") + MAIN + END_OF_TAR, "pax header is damaged"),
    "pax path with NUL": (pax_row({"path": b"main.go\0.png"}) + MAIN + END_OF_TAR, "NUL"),
    "pax path that escapes": (pax_row({"path": "../main.go"}) + MAIN + END_OF_TAR, "outside the archive"),
    "pax path for all": (pax_row({"path": "evil.go"}, b"g") + MAIN + END_OF_TAR, "for all members"),
    "pax size for all": (pax_row({"size": "0"}, b"g") + MAIN + END_OF_TAR, "for all members"),
    "pax header before nothing": (MAIN + pax_row({"path": "a.go"}) + END_OF_TAR, "cut off"),
    "two names": (pax_row({"path": "a.go"}) + tar_row("x", b"b.go\0", b"L") + MAIN + END_OF_TAR, "two names"),
    "long name that escapes": (tar_row("x", b"../../main.go\0", b"L") + MAIN + END_OF_TAR, "outside the archive"),
    "long name with NUL": (tar_row("x", b"main.go\0.png\0", b"L") + MAIN + END_OF_TAR, "NUL"),
    "prefix that escapes": (tar_row("main.go", GO, prefix=b"..") + END_OF_TAR, "outside the archive"),
    "absolute": (tar_row("/etc/main.go") + END_OF_TAR, "outside the archive"),
    "parent": (tar_row("a/../../main.go") + END_OF_TAR, "outside the archive"),
    "drive": (tar_row("C:/main.go") + END_OF_TAR, "outside the archive"),
    "UNC": (tar_row("\\\\server\\main.go") + END_OF_TAR, "outside the archive"),
    "absolute link": (tar_header("/etc/passwd", 0, b"2", link=b"x") + END_OF_TAR, "outside the archive"),
    "names that differ in content": (MAIN + tar_row("main.go", b"package evil\n") + END_OF_TAR, "this name and differ"),
    "skipped names that differ": (tar_row("a.png", b"1") + tar_row("./a.png", b"2") + END_OF_TAR, "this name and differ"),
    "file and link of one name": (MAIN + tar_header("main.go", 0, b"2", link=b"/etc/passwd") + END_OF_TAR, "this name and differ"),
    "link that is a folder": (tar_header("a", 0, b"2", link=b"/etc") + tar_row("a/main.go") + END_OF_TAR, "folder"),
    "damaged checksum": (MAIN[:10] + b"X" + MAIN[11:] + END_OF_TAR, "not an archive|damaged"),
    "damaged second header": (MAIN + MAIN[:10] + b"X" + MAIN[11:] + END_OF_TAR, "damaged"),
    "another archive behind the end": (MAIN + END_OF_TAR + tar_row("evil.go") + END_OF_TAR, "something follows"),
    "garbage behind the end": (MAIN + END_OF_TAR + b"garbage", "something follows"),
    "garbage behind the gzip": (gzip.compress(MAIN + END_OF_TAR) + b"garbage", "something follows"),
    "zip behind the gzip": (gzip.compress(MAIN + END_OF_TAR) + bytes(300) + b"PK\x03\x04", "something follows"),
    "no end": (MAIN, "cut off"),
    "cut inside a header": (MAIN + MAIN[:200], "cut off"),
    "gzip of something else": (gzip.compress(b"just a text\n" * 100), "no tar"),
    "gzip of a gzip": (gzip.compress(gzip.compress(MAIN + END_OF_TAR)), "no tar"),
    "gzip of nothing": (gzip.compress(b""), "no files|no tar|cut off"),
    "only the end": (gzip.compress(END_OF_TAR), "no files"),
    "wrong gzip checksum": (gzip.compress(MAIN + END_OF_TAR)[:-8] + bytes(8), "damaged"),
}


@pytest.mark.parametrize(("content", "word"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_tar_is_refused(refusal, content, word):
    message = refusal(content)
    assert any(each in message for each in word.split("|")), message


def test_a_pax_header_counts_for_the_member_and_not_for_another_header(read):
    """Readers that let `size` shrink a long-name header in between see another file than those that do not."""
    rows = pax_row({"mtime": "1"}) + tar_row("x", b"long.go\0", b"L") + tar_row("short.go", GO) + END_OF_TAR
    assert set(read(rows).texts) == {"long.go"}
    rows = pax_row({"path": "named.go"}) + pax_row({"comment": "x"}, b"g") + tar_row("short.go", GO) + END_OF_TAR
    assert set(read(rows).texts) == {"named.go"}


def test_a_name_that_deceives_is_kept_with_its_trick_in_sight(read):
    assert read(tar_row("ma\u202eog.in.go") + MAIN + END_OF_TAR).paths == ("ma\\u202eog.in.go", "main.go")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_truncated_tar_is_refused(refusal, share, mode):
    whole = make_tar({f"cmd/{number}.go": f"package main // {number}\n" * 9 for number in range(60)}, mode)
    refusal(whole[: int(len(whole) * share)] if mode == "w:gz" else whole[: int(60 * 1024 * share)])


LIMITED = {
    "upload": ({"upload_bytes": 200}, "GNOMON_MAX_UPLOAD_MB"),
    "inflated": ({"inflated_bytes": 500_000}, "GNOMON_MAX_INFLATED_MB"),
    "entries": ({"entries": 3}, "GNOMON_MAX_ENTRIES"),
    "path length": ({"path_length": 16}, "16 characters"),
    "path depth": ({"path_depth": 3}, "3 folders"),
    "seconds": ({"seconds": 1e-9}, "GNOMON_MAX_READ_SECONDS"),
}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize(("limits", "word"), LIMITED.values(), ids=LIMITED.keys())
def test_each_limit_is_kept_and_named(read, refusal, limits, word, mode):
    content = make_tar({f"services/deep/folder/{number}.go": GO + b"x = 1\n" * 30_000 for number in range(4)}, mode)
    assert len(read(content).texts) == 4
    assert word in refusal(content, **limits)


def test_headers_count_as_entries(refusal):
    assert "entries" in refusal(pax_row({"comment": "x"}) * 50 + MAIN + END_OF_TAR, entries=20)


def bomb(name: bytes, size: int) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1 << 20)
    parts = [stream.compress(tar_header(name, size))]
    parts += [stream.compress(zeros) for _ in range(size >> 20)]
    return b"".join([*parts, stream.flush()])


@pytest.mark.parametrize("name", [b"main.go", b"node_modules/a.js"], ids=["kept", "skipped"])
def test_a_gzip_bomb_is_refused_by_its_ratio(refusal, name):
    assert "GNOMON_MAX_RATIO" in refusal(bomb(name, 200 << 20))


def test_many_empty_gzip_streams_end_at_the_deadline(refusal):
    assert "GNOMON_MAX_READ_SECONDS" in refusal(gzip.compress(b"") * 400_000, seconds=0.2)


def test_every_single_changed_byte_of_a_header_is_refused_or_harmless(read):
    whole = tar_row("a/main.go", GO) + tar_row("a/go.mod", b"module m\n") + END_OF_TAR
    for at in range(512):
        changed = whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]
        with pytest.raises(ProjectRefused):
            read(changed)
