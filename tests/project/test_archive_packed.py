"""Tars packed with gzip, xz and zstd: honest ones are read, and every way to lie costs one sentence."""

import gzip
import lzma
from collections.abc import Callable

import pytest
import zstandard

from tests.project.archives import END_OF_TAR, make_tar, make_zip, tar_header, tar_row

GO = b"package main\n"
WHOLE = tar_row("repo-1/main.go", GO) + tar_row("repo-1/go.mod", b"module m\n") + END_OF_TAR
Pack = Callable[[bytes], bytes]


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


PACKERS = {"gzip": gzip.compress, "xz": lzma.compress, "zstd": zstd}
of_each = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS.keys())


@of_each
def test_a_packed_tar_is_read(read, pack):
    assert read(pack(WHOLE)).texts == {"main.go": GO.decode(), "go.mod": "module m\n"}


@of_each
def test_several_streams_are_one_file(read, pack):
    assert set(read(pack(WHOLE[:700]) + pack(WHOLE[700:])).texts) == {"main.go", "go.mod"}


@of_each
def test_a_packed_tar_says_what_it_skips(read, pack):
    tree = read(pack(make_tar({"main.go": GO, "node_modules/a.js": b"x" * 9_000})), inflated_bytes=1_000)
    assert [(item.path, item.reason) for item in tree.skipped] == [("node_modules/", "vendored code, 1 file")]


@of_each
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.98])
def test_a_truncated_one_is_refused(refusal, pack, share):
    whole = pack(make_tar({f"cmd/{number}.go": f"package main // {number}\n" * 9 for number in range(300)}))
    refusal(whole[: int(len(whole) * share)])


@of_each
@pytest.mark.parametrize("behind", [b"garbage", b"PK\x03\x04" + bytes(30), bytes(512) + b"x"], ids=["garbage", "a zip", "zeros and garbage"])
def test_what_follows_the_last_stream_is_refused(refusal, pack, behind):
    message = refusal(pack(WHOLE) + behind)
    assert "something follows" in message or "damaged" in message


@of_each
def test_a_damaged_one_is_refused(read, refusal, pack):
    whole = bytearray(pack(make_tar({f"{number}.go": f"package main // {number * number}\n" * 3 for number in range(99)})))
    whole[len(whole) // 2] ^= 0xFF
    refusal(bytes(whole))


@of_each
@pytest.mark.parametrize("inner", [b"just a text\n" * 100, make_zip({"main.go": GO}), gzip.compress(WHOLE)], ids=["text", "zip", "gzip"])
def test_what_is_packed_has_to_be_a_tar(refusal, pack, inner):
    assert "no tar" in refusal(pack(inner))


@of_each
@pytest.mark.parametrize("content", [b"", END_OF_TAR], ids=["nothing", "only an end"])
def test_an_empty_one_is_refused(refusal, pack, content):
    assert any(word in refusal(pack(content)) for word in ("no files", "no tar", "cut off"))


@of_each
@pytest.mark.parametrize("name", ["main.go", "node_modules/a.js"], ids=["kept", "skipped"])
def test_a_bomb_is_refused_by_its_ratio(refusal, pack, name):
    content = tar_header(name, 200 << 20) + bytes(200 << 20)
    assert "GNOMON_MAX_RATIO" in refusal(pack(content))


def test_an_xz_that_asks_for_a_gigabyte_is_refused(refusal):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    assert "memory" in refusal(lzma.compress(WHOLE, filters=filters))


def test_a_zstd_that_asks_for_a_large_window_is_refused(refusal):
    settings = zstandard.ZstdCompressionParameters.from_level(1, window_log=28)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    assert "memory" in refusal(packer.compress(WHOLE) + packer.flush())


def test_an_lzma_file_of_the_old_kind_is_no_archive(refusal):
    assert "not an archive" in refusal(lzma.compress(WHOLE, format=lzma.FORMAT_ALONE))
