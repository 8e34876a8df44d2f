"""Members of a zip file, each checked before it is read. In: the file's bytes. Out: Members. Headers are compared, never trusted; nothing is extracted.

The layout is that of PKWARE's APPNOTE 6.3.10: sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14-16 (end records), 4.5.3 (zip64).
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.project.limits import Reading
from assistant.project.members import Buffer, Member

LOCAL, CENTRAL, END, END64, LOCATOR64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
END_SIZE, LOCAL_SIZE, CENTRAL_SIZE, LOCATOR_SIZE, END64_SIZE = 22, 30, 46, 20, 56
LONGEST_COMMENT = 0xFFFF
ENCRYPTED, DESCRIPTOR, UTF8, MASKED = 1 << 0, 1 << 3, 1 << 11, 1 << 13
STORED, DEFLATED = 0, 8
MADE_BY_UNIX = (3, 19)  # and OS X
FULL, ZIP64_EXTRA, UNICODE_PATH = 0xFFFFFFFF, 0x0001, 0x7075
CENTRAL_ROW, LOCAL_ROW = struct.Struct("<6H3L5H2L"), struct.Struct("<5H3L2H")
RATIO_MATTERS_FROM = 1_000_000  # below this a high ratio is a file of zeros, not a bomb
STEP = 1 << 16
AGAIN = "Pack the folder again with zip or tar"


@dataclass(frozen=True)
class Entry:
    """One row of the central directory, with the place of its data."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def read_zip(data: Buffer, reading: Reading) -> Iterator[Member]:
    """The members of a zip, in the order of the central directory. Raises ProjectRefused for anything that is not what it says."""
    entries, directory = _central_directory(data, reading)
    starts = _check_layout(data, entries, directory, reading)
    seen: dict[str, Entry] = {}
    for entry, start in zip(entries, starts, strict=True):
        reading.check_clock()
        path = reading.safe_path(entry.name)
        if entry.name.endswith(("/", "\\")) or not path:
            if entry.size:
                raise reading.refuse("it is a folder that holds bytes", AGAIN, entry.name)
            continue
        if path in seen:
            if (seen[path].crc, seen[path].size) != (entry.crc, entry.size):
                raise reading.refuse("two members have this name and differ", AGAIN, entry.name)
            continue
        seen[path] = entry
        yield Member(path, entry.size, _why_not(entry), lambda entry=entry, start=start: _inflate(data, entry, start, reading))  # type: ignore[misc]


def _why_not(entry: Entry) -> str:
    kind = stat.S_IFMT(entry.mode)
    if kind == stat.S_IFLNK:
        return "a link, never followed"
    return "" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else "a device or pipe"


def _central_directory(data: Buffer, reading: Reading) -> tuple[list[Entry], int]:
    """All rows of the central directory and where it begins."""
    end = _find_end(data, reading)
    disk, directory_disk, here, count, size, offset, _ = struct.unpack_from("<4H2LH", data, end + 4)
    limit, told = end, (disk, directory_disk, here, count, size, offset)
    # Where a zip64 locator stands, readers take its numbers, whether or not the old fields ask for them.
    if 0xFFFF in told[:4] or FULL in told[4:] or data[max(0, end - LOCATOR_SIZE) : end].startswith(LOCATOR64):
        limit, *real = _zip64_end(data, end, reading)
        if any(old not in (new, 0xFFFF, FULL) for old, new in zip(told, real, strict=True)):
            raise reading.refuse("its two records of the directory contradict each other", AGAIN)
        disk, directory_disk, here, count, size, offset = real
    if disk or directory_disk or here != count:
        raise reading.refuse("it is one part of several", "Join the parts into one archive")
    reading.check_entries(count)
    if offset + size != limit:
        raise reading.refuse("bytes stand before, inside or after its directory that do not belong there", AGAIN)
    entries, at = [], offset
    for _ in range(count):
        entry, at = _central_row(data, at, limit, reading)
        entries.append(entry)
    if at != limit:
        raise reading.refuse("its directory is longer or shorter than it says", AGAIN)
    return entries, offset


def _find_end(data: Buffer, reading: Reading) -> int:
    """Where the end record stands: the one whose comment ends with the file."""
    start = max(0, len(data) - END_SIZE - LONGEST_COMMENT)
    at, ends = data.rfind(END, start), []
    while at >= 0:
        if at + END_SIZE <= len(data) and at + END_SIZE + struct.unpack_from("<H", data, at + 20)[0] == len(data):
            ends.append(at)
        at = data.rfind(END, start, at)
    if len(ends) > 1:
        raise reading.refuse("it has two ends, and readers disagree on which counts", AGAIN)
    if not ends:
        raise reading.refuse("its end is missing or something follows it", "Download or pack it again, completely")
    return ends[0]


def _zip64_end(data: Buffer, end: int, reading: Reading) -> tuple[int, int, int, int, int, int, int]:
    locator = end - LOCATOR_SIZE
    if locator < 0 or data[locator : locator + 4] != LOCATOR64:
        raise reading.refuse("its zip64 end is missing", AGAIN)
    at = int(struct.unpack_from("<Q", data, locator + 8)[0])
    if at + END64_SIZE > locator or data[at : at + 4] != END64:
        raise reading.refuse("its zip64 end is not where it says", AGAIN)
    disk, directory_disk, here, count, size, offset = struct.unpack_from("<2L4Q", data, at + 16)
    return at, disk, directory_disk, here, count, size, offset


def _central_row(data: Buffer, at: int, limit: int, reading: Reading) -> tuple[Entry, int]:
    if at + CENTRAL_SIZE > limit or data[at : at + 4] != CENTRAL:
        raise reading.refuse("its directory is cut off", AGAIN)
    made_by, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, disk, _, external, offset = CENTRAL_ROW.unpack_from(data, at + 4)
    raw = bytes(data[at + CENTRAL_SIZE : at + CENTRAL_SIZE + name_size])
    name = _decode_name(raw, flags)
    extra_at = at + CENTRAL_SIZE + name_size
    following = extra_at + extra_size + comment_size
    if following > limit:
        raise reading.refuse("its directory is cut off", AGAIN, name)
    extra = bytes(data[extra_at : extra_at + extra_size])
    size, packed, offset = _zip64_sizes(extra, size, packed, offset, name, reading)
    if any(value[5:] != raw for value in _extras(extra, UNICODE_PATH)):
        raise reading.refuse("it has two names, and readers disagree on which counts", AGAIN, name)
    if flags & (ENCRYPTED | MASKED):
        raise reading.refuse("it is encrypted", "Pack the folder again without a password", name)
    if method not in (STORED, DEFLATED):
        raise reading.refuse(f"it uses compression method {method}; only stored and deflate are read", AGAIN, name)
    if disk:
        raise reading.refuse("it is one part of several", "Join the parts into one archive", name)
    mode = external >> 16 if made_by >> 8 in MADE_BY_UNIX else 0
    return Entry(name, raw, flags, method, crc, packed, size, offset, mode), following


def _decode_name(raw: bytes, flags: int) -> str:
    """UTF-8 when it says so or is so; otherwise CP437, the format's first alphabet."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & UTF8 else raw.decode("cp437")


def _zip64_sizes(extra: bytes, size: int, packed: int, offset: int, name: str, reading: Reading) -> tuple[int, int, int]:
    """Sizes and offset with the 64-bit values of the extra field in place of the marks that stand for them."""
    wanted = [value == FULL for value in (size, packed, offset)]
    if not any(wanted):
        return size, packed, offset
    fields = list(_extras(extra, ZIP64_EXTRA))
    if len(fields) > 1:
        raise reading.refuse("it has 64-bit sizes twice", AGAIN, name)
    if not fields or len(fields[0]) < 8 * sum(wanted):
        raise reading.refuse("its 64-bit sizes are missing", AGAIN, name)
    values = iter(struct.unpack_from(f"<{sum(wanted)}Q", fields[0]))
    size, packed, offset = (next(values) if want else value for want, value in zip(wanted, (size, packed, offset), strict=True))
    return size, packed, offset


def _extras(extra: bytes, kind: int) -> Iterator[bytes]:
    """The extra fields of one kind; what stands behind a field that is cut off is no field."""
    at = 0
    while at + 4 <= len(extra):
        found, length = struct.unpack_from("<2H", extra, at)
        if found == kind and at + 4 + length <= len(extra):
            yield extra[at + 4 : at + 4 + length]
        at += 4 + length


def _check_layout(data: Buffer, entries: list[Entry], directory: int, reading: Reading) -> list[int]:
    """Compare every local header with the directory, and refuse members that overlap. Returns where each one's data begins."""
    starts = [_check_local(data, entry, directory, reading) for entry in entries]
    end_of_last = 0
    for entry, start in sorted(zip(entries, starts, strict=True), key=lambda pair: pair[0].offset):
        if entry.offset < end_of_last:
            raise reading.refuse("two members share the same bytes", AGAIN, entry.name)
        end_of_last = start + entry.packed
    if entries and min(entry.offset for entry in entries) != 0:
        raise reading.refuse("something stands before its first member", AGAIN)
    return starts


def _check_local(data: Buffer, entry: Entry, directory: int, reading: Reading) -> int:
    at = entry.offset
    if at + LOCAL_SIZE > directory or data[at : at + 4] != LOCAL:
        raise reading.refuse("its place in the file is wrong", AGAIN, entry.name)
    _, flags, method, _, _, crc, packed, size, name_size, extra_size = LOCAL_ROW.unpack_from(data, at + 4)
    start = at + LOCAL_SIZE + name_size + extra_size
    name = bytes(data[at + LOCAL_SIZE : at + LOCAL_SIZE + name_size])
    honest = (name, method, flags & (ENCRYPTED | DESCRIPTOR)) == (entry.raw_name, entry.method, entry.flags & (ENCRYPTED | DESCRIPTOR))
    if not flags & DESCRIPTOR:
        same_sizes = all(told in (FULL, real) for told, real in ((packed, entry.packed), (size, entry.size)))
        honest = honest and crc == entry.crc and same_sizes
    if not honest or start + entry.packed > directory:
        raise reading.refuse("its two headers contradict each other", AGAIN, entry.name)
    return int(start)


def _inflate(data: Buffer, entry: Entry, start: int, reading: Reading) -> bytes:
    """The member's bytes, counted as they come out; exactly as many as declared, with the declared checksum."""
    if entry.size > RATIO_MATTERS_FROM and entry.size > reading.limits.ratio * max(1, entry.packed):
        raise reading.refuse(f"it grows more than {reading.limits.ratio} times when unpacked", "Leave it out, or raise GNOMON_MAX_RATIO", entry.name)
    try:
        content = _stored(data, entry, start) if entry.method == STORED else _inflate_exactly(data, entry, start)
    except (zlib.error, ValueError) as error:
        raise reading.refuse("its data is damaged or not of the declared size", AGAIN, entry.name) from error
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise reading.refuse("its size or checksum is not the declared one", AGAIN, entry.name)
    return content


def _stored(data: Buffer, entry: Entry, start: int) -> bytes:
    if entry.packed != entry.size:
        raise ValueError("a stored member has two sizes")
    return bytes(data[start : start + entry.size])


def _inflate_exactly(data: Buffer, entry: Entry, start: int) -> bytes:
    """Inflate in steps, to at most one byte more than declared. Raises ValueError when the stream does not end with its bytes."""
    stream, content, end = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), start + entry.packed
    for at in range(start, end, STEP):
        if stream.eof:
            raise ValueError("the stream ends before its bytes do")
        content += stream.decompress(data[at : min(at + STEP, end)], entry.size + 1 - len(content))
        if len(content) > entry.size:
            raise ValueError("the stream is longer than declared")
    if not stream.eof or stream.unused_data:
        raise ValueError("the stream does not end where its bytes do")
    return bytes(content)
