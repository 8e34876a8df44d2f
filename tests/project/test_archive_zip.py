"""Zip files, honest and hostile. Every hostile one is built here, field by field."""

import struct
import tracemalloc
import zipfile
import zlib

import pytest

from tests.project.archives import (
    END64,
    END_OF_TAR,
    FIFO,
    FULL,
    LINK,
    LOCATOR64,
    ZipRow,
    deflate,
    end_of_zip,
    make_tar,
    make_zip,
    pack_zip,
    pack_zip64,
    tar_row,
)

GO = b"package main\n"
MAIN = ZipRow("main.go", GO)


def test_the_builder_makes_zips_that_others_read_too(read, tmp_path):
    path = tmp_path / "honest.zip"
    path.write_bytes(pack_zip(ZipRow("a/main.go", GO), ZipRow("a/go.mod", b"module m\n", method=0), comment=b"0123abcd"))
    with zipfile.ZipFile(path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a/main.go": GO, "a/go.mod": b"module m\n"}
    assert dict(read(path.read_bytes()).texts) == {"main.go": GO.decode(), "go.mod": "module m\n"}


@pytest.mark.parametrize("method", [pytest.param(0, id="stored"), pytest.param(8, id="deflated")])
def test_a_zip_is_read_and_its_top_folder_taken_off(read, method):
    tree = read(make_zip({"shop-main/go.mod": "module shop\n", "shop-main/cmd/api/main.go": GO, "shop-main/logo.svg": "<svg/>"}, method))
    assert dict(tree.texts) == {"go.mod": "module shop\n", "cmd/api/main.go": GO.decode()}
    assert sorted(tree.paths) == ["cmd/api/main.go", "go.mod", "logo.svg"]


def test_folders_are_no_files(read):
    tree = read(pack_zip(ZipRow("shop/", b"", method=0), ZipRow("shop/main.go", GO)))
    assert tree.paths == ("main.go",)


def test_a_zip64_is_read(read):
    assert read(pack_zip64(ZipRow("main.go", GO))).texts["main.go"] == GO.decode()


def test_sizes_in_a_data_descriptor_are_read(read):
    row = ZipRow("main.go", GO, flags=8, local_size=0, local_packed_size=0, local_crc=0, after=struct.pack("<4s3L", b"PK\x07\x08", 0, 0, 0))
    assert read(pack_zip(row, ZipRow("go.mod", b"module m\n"))).texts["main.go"] == GO.decode()


def test_names_in_the_old_alphabet_are_read(read):
    assert read(pack_zip(ZipRow(b"caf\x82/main.go", GO), ZipRow("go.mod", b""))).paths == ("café/main.go", "go.mod")


def test_windows_separators_are_read_as_folders(read):
    assert set(read(pack_zip(ZipRow("shop\\cmd\\main.go", GO), ZipRow("shop\\go.mod", b""))).texts) == {"cmd/main.go", "go.mod"}


def test_the_longest_comment_is_read(read):
    assert read(make_zip({"main.go": GO}, comment=b"x" * 0xFFFF)).paths == ("main.go",)


def test_the_longest_comment_of_a_member_is_read(read):
    assert read(pack_zip(ZipRow("main.go", GO, comment=b"y" * 0xFFFF))).paths == ("main.go",)


def test_the_same_member_twice_is_read_once(read):
    assert read(pack_zip(MAIN, ZipRow("main.go", GO))).paths == ("main.go",)


def test_links_and_devices_are_listed_and_never_followed(read):
    tree = read(pack_zip(ZipRow("go.mod", b"/etc/passwd", mode=LINK), ZipRow("pipe.go", b"", mode=FIFO), MAIN))
    assert {item.path: item.reason.split()[1] for item in tree.skipped} == {"go.mod": "link,", "pipe.go": "device"}
    assert set(tree.texts) == {"main.go"}


def test_an_archive_inside_is_listed_and_not_opened(read):
    inner = make_zip({"inner.go": GO})
    tree = read(make_zip({"main.go": GO, "old/backup.zip": inner, "old/backup.tar.gz": make_tar({"inner.go": GO}, "w:gz")}))
    assert set(tree.texts) == {"main.go"}
    assert {item.path for item in tree.skipped if "archive" in item.reason} == {"old/backup.zip", "old/backup.tar.gz"}


def test_what_is_skipped_is_never_unpacked(read):
    lying = ZipRow("vendor/x/x.go", b"", packed=b"\xff" * 50, size=10**9, crc=1)
    tree = read(pack_zip(MAIN, lying), inflated_bytes=1_000)
    assert set(tree.texts) == {"main.go"}
    assert [(item.path, "1 file" in item.reason) for item in tree.skipped] == [("vendor/", True)]


def overlapping(first: ZipRow, second: ZipRow) -> bytes:
    """The first member's data reaches over the second member: David Fifield's "quoted" overlap."""
    second_local = second.local_header() + second.packed
    quoted = ZipRow(first.name, second_local, method=0)
    directory = quoted.central_row(0) + second.central_row(len(quoted.local_header()))
    body = quoted.local_header() + second_local
    return body + directory + end_of_zip(2, len(directory), len(body))


HOSTILE = {
    "the same bytes twice": (pack_zip(MAIN, ZipRow("b.go", GO, offset=0, local_name=b"main.go")), "contradict"),
    "one row twice": (pack_zip(MAIN, ZipRow("main.go", GO, offset=0)), "share the same bytes"),
    "quoted overlap": (overlapping(ZipRow("a.go"), ZipRow("b.go", GO)), "share the same bytes"),
    "more than declared": (pack_zip(ZipRow("main.go", b"x" * 5000, size=100)), "declared size"),
    "less than declared": (pack_zip(ZipRow("main.go", GO, size=5000)), "declared"),
    "packed longer than its stream": (pack_zip(ZipRow("main.go", GO, packed=deflate(GO) + b"hidden")), "declared size"),
    "packed shorter than its stream": (pack_zip(ZipRow("main.go", GO, packed=deflate(GO)[:-4])), "declared size"),
    "stored with two sizes": (pack_zip(ZipRow("main.go", GO, method=0, size=5, crc=zlib.crc32(GO[:5]))), "declared size"),
    "local size differs": (pack_zip(ZipRow("main.go", GO, local_size=5)), "contradict"),
    "local packed size differs": (pack_zip(ZipRow("main.go", GO, local_packed_size=5)), "contradict"),
    "local name differs": (pack_zip(ZipRow("main.go", GO, local_name=b"evil.go")), "contradict"),
    "local method differs": (pack_zip(ZipRow("main.go", GO, local_method=0)), "contradict"),
    "local checksum differs": (pack_zip(ZipRow("main.go", GO, local_crc=1)), "contradict"),
    "bad checksum": (pack_zip(ZipRow("main.go", GO, crc=1)), "checksum"),
    "damaged stream": (pack_zip(ZipRow("main.go", GO, packed=b"\xff" * 20)), "damaged"),
    "encrypted": (pack_zip(ZipRow("main.go", GO, flags=1)), "encrypted"),
    "encrypted though skipped": (pack_zip(MAIN, ZipRow("logo.png", GO, flags=1)), "encrypted"),
    "masked names": (pack_zip(ZipRow("main.go", GO, flags=1 << 13)), "encrypted"),
    "bzip2 method": (pack_zip(ZipRow("main.go", GO, method=12)), "method 12"),
    "member on another disk": (pack_zip(ZipRow("main.go", GO, disk=1)), "part of several"),
    "end on another disk": (pack_zip(MAIN, disk=1), "part of several"),
    "names that differ in content": (pack_zip(MAIN, ZipRow("main.go", b"package evil\n")), "this name and differ"),
    "same name after ./": (pack_zip(MAIN, ZipRow("./main.go", b"package evil\n")), "this name and differ"),
    "file that is a folder": (pack_zip(ZipRow("a", GO), ZipRow("a/main.go", GO)), "folder"),
    "link that is a folder": (pack_zip(ZipRow("a", b"/etc", mode=LINK), ZipRow("a/main.go", GO)), "folder"),
    "link that is a skipped folder": (pack_zip(ZipRow("vendor", b"/etc", mode=LINK), ZipRow("vendor/main.go", GO), MAIN), "folder"),
    "fewer rows than counted": (pack_zip(MAIN, count=2), "cut off"),
    "more rows than counted": (pack_zip(MAIN, ZipRow("b.go"), count=1), "longer or shorter"),
    "offset beyond the end": (pack_zip(ZipRow("main.go", GO, offset=10**6)), "place in the file"),
    "prefix with true offsets": (pack_zip(MAIN, prefix=b"PK\x03\x04 not a member"), "before its first member"),
    "prefix with offsets that ignore it": (pack_zip(MAIN, prefix=b"PK\x03\x04 not a member", shift=-17), "do not belong there"),
    "prefix of another type": (pack_zip(MAIN, prefix=b"GIF89a"), "not an archive"),
    "bytes after the end": (pack_zip(MAIN, after=b"garbage"), "follows it"),
    "a second end in the comment": (pack_zip(MAIN, comment=pack_zip(ZipRow("b.go"))[-22:]), "two ends"),
    "bytes between directory and end": (pack_zip(MAIN)[:-22] + b"gap" + pack_zip(MAIN)[-22:], "do not belong there"),
    "folder that holds bytes": (pack_zip(MAIN, ZipRow("a/", GO)), "a folder that holds bytes"),
    "no members": (make_zip({}), "no files"),
    "only folders": (pack_zip(ZipRow("a/", b"", method=0)), "no files"),
    "zip64 that lies": (pack_zip64(ZipRow("main.go", GO), real_size=5), "contradict"),
    "zip64 without its sizes": (pack_zip64(ZipRow("main.go", GO), with_extra=False), "64-bit"),
    "zip64 directory elsewhere": (pack_zip64(ZipRow("main.go", GO), directory_shift=7), "directory"),
    "zip64 end missing": (pack_zip(MAIN)[:-22] + end_of_zip(0xFFFF, FULL, FULL), "zip64"),
    "zip64 sizes twice": (pack_zip(ZipRow("main.go", GO, size=FULL, extra=struct.pack("<2HQ", 1, 8, len(GO)) * 2, local_size=len(GO))), "twice"),
    "zip64 sizes cut off": (pack_zip(ZipRow("main.go", GO, size=FULL, extra=struct.pack("<2HQ", 1, 8, len(GO))[:-3], local_size=len(GO))), "64-bit"),
    "zip64 offset beyond the end": (pack_zip(ZipRow("main.go", GO, offset=FULL, extra=struct.pack("<2HQ", 1, 8, 1 << 62))), "place in the file"),
    "a second name in an extra field": (
        pack_zip(ZipRow("main.go", GO, extra=struct.pack("<2HBL", 0x7075, 12, 1, zlib.crc32(b"main.go")) + b"evil.go")),
        "two names",
    ),
    "two directories": (pack_zip64(ZipRow("main.go", GO))[:-22] + end_of_zip(1, 53, 0), "directory"),
}


def test_a_zip64_size_that_lies_is_skipped_or_refused_and_never_read(read):
    rows = ZipRow("big.go", GO, size=FULL, extra=struct.pack("<2HQ", 1, 8, 1 << 60), local_size=FULL)
    assert "big.go" not in read(pack_zip(MAIN, rows)).texts


@pytest.mark.parametrize(("content", "word"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_zip_is_refused(refusal, content, word):
    message = refusal(content)
    assert any(each in message for each in word.split("|")), message


NAMES = {
    "parent": "../main.go",
    "parent inside": "a/../../main.go",
    "parent with backslashes": "..\\..\\main.go",
    "parent at the end": "a/..",
    "absolute": "/etc/main.go",
    "absolute with a backslash": "\\etc\\main.go",
    "drive": "C:\\main.go",
    "drive without a slash": "c:main.go",
    "drive behind a dot": "./C:/main.go",
    "UNC": "\\\\server\\share\\main.go",
    "UNC with slashes": "//server/share/main.go",
    "NUL": "main.go\0.png",
    "parent in a skipped folder": "vendor/../../main.go",
    "absolute folder": "/etc/",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_escapes_is_refused_and_shown(refusal, name):
    message = refusal(pack_zip(MAIN, ZipRow(name, b"" if name.endswith("/") else GO)))
    assert "its name" in message


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("ma\u202eog.in.go", "ma\\u202eog.in.go", id="right to left"),
        pytest.param("go\u200b.mod", "go\\u200b.mod", id="zero width"),
        pytest.param("a\x1b[31m.go", "a\\u001b[31m.go", id="terminal escape"),
        pytest.param("line\nbreak.go", "line\\u000abreak.go", id="line break"),
        pytest.param("tag\U000e0041.go", "tag\\U000e0041.go", id="tag"),
    ],
)
def test_a_deceptive_name_is_kept_with_its_trick_in_sight(read, name, shown):
    tree = read(pack_zip(MAIN, ZipRow(name, b"package x\n")))
    assert shown in tree.paths
    assert all(path.isprintable() for path in (*tree.paths, *tree.texts, *(item.path for item in tree.skipped)))


def test_a_refused_name_is_escaped_and_cut(refusal):
    message = refusal(pack_zip(MAIN, ZipRow("../\x1b[2J\u202e" + "a" * 900, GO)))
    assert len(message) < 400


def test_a_refused_file_name_is_escaped(tmp_path):
    from assistant.errors import ProjectRefused
    from assistant.project.archive import read_archive
    from tests.project.conftest import LIMITS

    path = tmp_path / "up\u202eload.zip"
    path.write_bytes(b"nothing")
    with pytest.raises(ProjectRefused, match=r"up\\u202eload\.zip"):
        read_archive(path, LIMITS)


LIMITED = {
    "upload": ({"upload_bytes": 200}, "GNOMON_MAX_UPLOAD_MB"),
    "inflated": ({"inflated_bytes": 500_000}, "GNOMON_MAX_INFLATED_MB"),
    "entries": ({"entries": 3}, "GNOMON_MAX_ENTRIES"),
    "path length": ({"path_length": 16}, "16 characters"),
    "path depth": ({"path_depth": 3}, "3 folders"),
    "seconds": ({"seconds": 1e-9}, "GNOMON_MAX_READ_SECONDS"),
}


@pytest.mark.parametrize(("limits", "word"), LIMITED.values(), ids=LIMITED.keys())
def test_each_limit_is_kept_and_named(read, refusal, limits, word):
    content = make_zip({f"services/deep/folder/{number}.go": GO + b"x = 1\n" * 30_000 for number in range(4)})
    assert len(read(content).texts) == 4
    assert word in refusal(content, **limits)


def test_a_count_beyond_the_limit_is_refused_before_the_rows_are_read(refusal):
    assert "entries" in refusal(pack_zip(MAIN, count=60_000), entries=50_000)


def test_a_bomb_is_refused_by_its_ratio(refusal):
    message = refusal(make_zip({"bomb.go": bytes(1_900_000)}))
    assert "bomb.go" in message
    assert "GNOMON_MAX_RATIO" in message


def test_a_lying_bomb_stops_at_the_declared_size(refusal):
    bomb = pack_zip(ZipRow("bomb.go", b"", packed=deflate(bytes(300_000_000)), size=1_000))
    tracemalloc.start()
    try:
        assert "declared size" in refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_a_large_member_is_skipped_without_being_unpacked(read):
    tree = read(make_zip({"main.go": GO, "data.sql": b"insert into t values (1);\n" * 90_000}))
    assert [(item.path, item.reason) for item in tree.skipped] == [("data.sql", "larger than 2 MB")]


@pytest.mark.parametrize("name", [pytest.param("go.mod", id="manifest"), pytest.param("main.go", id="source")])
def test_a_manifest_has_its_own_limit(read, name):
    content = b"// line\n" * 187_500
    kept = name in read(make_zip({name: content, "doc.go": GO}, method=0)).texts
    assert kept is (name == "main.go")


@pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999])
def test_a_truncated_zip_is_refused(refusal, share):
    whole = make_zip({f"cmd/{number}.go": f"package main // {number}\n" for number in range(50)})
    refusal(whole[: int(len(whole) * share)])


def test_every_single_changed_byte_is_refused_or_harmless(read):
    from assistant.errors import ProjectRefused

    whole = bytearray(pack_zip(ZipRow("a/main.go", GO), ZipRow("a/go.mod", b"module m\n")))
    for at in range(len(whole)):
        changed = bytes(whole[:at]) + bytes([whole[at] ^ 0x41]) + bytes(whole[at + 1 :])
        try:
            tree = read(changed)
        except ProjectRefused:
            continue
        assert set(tree.texts.values()) <= {GO.decode(), "module m\n"}, at


def test_two_hundred_thousand_entries_are_refused_by_their_count(refusal):
    rows = [ZipRow(f"{number}.go", b"", method=0) for number in range(200_000)]
    assert "100,000 entries" in refusal(pack_many(rows))


def pack_many(rows: list[ZipRow]) -> bytes:
    """Rows beyond the 65,535 that the old end record can count: their number stands in the zip64 end."""
    directory, body, offset = bytearray(), bytearray(), 0
    for row in rows:
        directory += row.central_row(offset)
        body += row.local_header() + (row.packed or b"")
        offset = len(body)
    end64 = END64 + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, len(rows), len(rows), len(directory), len(body))
    locator = LOCATOR64 + struct.pack("<LQL", 0, len(body) + len(directory), 1)
    return bytes(body + directory) + end64 + locator + end_of_zip(0xFFFF, FULL, FULL)


@pytest.mark.parametrize(
    "other", [b"GIF89a", b"%PDF-1.7\n", b"\x7fELF", b"#!/bin/sh\n", b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"MZ"], ids=repr
)
def test_a_file_that_is_a_zip_and_something_else_is_refused(refusal, other):
    refusal(other + pack_zip(MAIN))
    refusal(pack_zip(MAIN, prefix=other))
    refusal(pack_zip(MAIN, prefix=other, shift=-len(other)))


def test_a_zip_that_is_a_tar_too_is_refused(refusal):
    tar = tar_row("evil.go", GO) + END_OF_TAR
    refusal(tar + pack_zip(MAIN, shift=len(tar)))
    refusal(pack_zip(MAIN, prefix=b"PK\x03\x04" + tar))
