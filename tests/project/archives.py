"""Archives built in code, honest and hostile. In: rows. Out: the bytes of a zip or tar, written field by field so that any field can lie."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

LINK, FIFO, REGULAR = 0o120777, 0o010644, 0o100644
LOCAL, CENTRAL, END, END64, LOCATOR64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
FULL = 0xFFFFFFFF
END_OF_TAR = bytes(1024)


def make_zip(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """An honest zip, written by the standard library."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.comment = comment
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def make_tar(files: Mapping[str, str | bytes], mode: str = "w", kind: int = tarfile.PAX_FORMAT) -> bytes:
    """An honest tar, written by the standard library; mode "w:gz" compresses it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode, format=kind) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            row = tarfile.TarInfo(name)
            row.size = len(data)
            archive.addfile(row, io.BytesIO(data))
    return target.getvalue()


@dataclass
class ZipRow:
    """One member of a zip. What is None is told truly; the fields of the local header follow the central ones unless given."""

    name: str | bytes
    content: bytes = b"package main\n"
    method: int = 8
    flags: int = 0
    mode: int = REGULAR
    disk: int = 0
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    packed_size: int | None = None
    offset: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    local_name: bytes | None = None
    local_method: int | None = None
    local_size: int | None = None
    local_packed_size: int | None = None
    local_crc: int | None = None
    after: bytes = b""

    def __post_init__(self) -> None:
        self.raw_name = self.name.encode() if isinstance(self.name, str) else self.name
        if self.packed is None:
            self.packed = deflate(self.content) if self.method == 8 else self.content
        self.crc = zlib.crc32(self.content) if self.crc is None else self.crc
        self.size = len(self.content) if self.size is None else self.size
        self.packed_size = len(self.packed) if self.packed_size is None else self.packed_size

    def local_header(self) -> bytes:
        name = self.raw_name if self.local_name is None else self.local_name
        told = [
            told if other is None else other
            for told, other in ((self.crc, self.local_crc), (self.packed_size, self.local_packed_size), (self.size, self.local_size))
        ]
        method = self.method if self.local_method is None else self.local_method
        return LOCAL + struct.pack("<5H3L2H", 20, self.flags, method, 0, 0x21, *told, len(name), 0) + name

    def central_row(self, offset: int) -> bytes:
        sizes = (self.crc, self.packed_size, self.size)
        lengths = (len(self.raw_name), len(self.extra), len(self.comment))
        row = struct.pack("<6H3L5H2L", 0x0314, 20, self.flags, self.method, 0, 0x21, *sizes, *lengths, self.disk, 0, self.mode << 16, offset)
        return CENTRAL + row + self.raw_name + self.extra + self.comment


def pack_zip(*rows: ZipRow, prefix: bytes = b"", count: int | None = None, disk: int = 0, comment: bytes = b"", after: bytes = b"", shift: int = 0) -> bytes:
    """A zip of these rows. `prefix` stands before the first member, `shift` is added to every offset, `after` follows the end."""
    body, directory = bytearray(prefix), b""
    for row in rows:
        directory += row.central_row(len(body) + shift if row.offset is None else row.offset)
        body += row.local_header() + (row.packed or b"") + row.after
    count = len(rows) if count is None else count
    return bytes(body) + directory + end_of_zip(count, len(directory), len(body) + shift, disk, comment) + after


def end_of_zip(count: int, size: int, offset: int, disk: int = 0, comment: bytes = b"") -> bytes:
    return END + struct.pack("<4H2LH", disk, disk, count, count, size, offset, len(comment)) + comment


def pack_zip64(row: ZipRow, real_size: int | None = None, directory_shift: int = 0, with_extra: bool = True) -> bytes:
    """A zip64 with one member, whose sizes and offset all stand in 64-bit fields."""
    size, packed = (row.size if real_size is None else real_size), row.packed_size
    body = row.local_header() + (row.packed or b"")
    row.extra = struct.pack("<2H3Q", 1, 24, size, packed, 0) if with_extra else b""
    row.size = row.packed_size = FULL
    directory = row.central_row(FULL)
    end64 = END64 + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, len(directory), len(body) + directory_shift)
    locator = LOCATOR64 + struct.pack("<LQL", 0, len(body) + len(directory), 1)
    return body + directory + end64 + locator + END + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, FULL, FULL, 0)


def deflate(content: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()


def tar_header(name: str | bytes, size: int | bytes = 0, kind: bytes = b"0", link: bytes = b"", prefix: bytes = b"", magic: bytes = b"ustar\x0000") -> bytes:
    """One header block with a true checksum; `size` as bytes is written as it is."""
    raw = name.encode() if isinstance(name, str) else name
    field = size if isinstance(size, bytes) else b"%011o\0" % size
    block = raw.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + field.ljust(12, b"\0") + b"00000000000\0" + b" " * 8 + kind
    block = (block + link.ljust(100, b"\0") + magic.ljust(8, b"\0")).ljust(345, b"\0") + prefix.ljust(155, b"\0")
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def tar_row(name: str | bytes, content: bytes = b"package main\n", kind: bytes = b"0", **fields: bytes) -> bytes:
    """One member: header and padded content."""
    return tar_header(name, len(content), kind, **fields) + padded(content)


def pax_row(records: Mapping[str, str | bytes], kind: bytes = b"x") -> bytes:
    """A pax header with these records, for the member that follows."""
    return tar_row("PaxHeaders/0", b"".join(pax_record(key, value) for key, value in records.items()), kind)


def pax_record(key: str, value: str | bytes) -> bytes:
    rest = b" " + key.encode() + b"=" + (value.encode() if isinstance(value, str) else value) + b"\n"
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)
