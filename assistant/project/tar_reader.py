"""Members of a tar file, plain or packed, as a stream. In: an open file. Out: Members. Every header is bounded before it is used; nothing is extracted.

The layout is that of POSIX.1-2017 (ustar and pax interchange format) with GNU's long names; sparse files are refused.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from assistant.project.limits import MB, Reading
from assistant.project.members import Member
from assistant.project.unpackers import AGAIN, STEP, Packed

BLOCK = 512
STEP_IN = 1 << 15
LONGEST_HEADER_DATA = 64 * 1024  # pax records and long names
MOST_STREAM_BYTES = 4_000 * MB  # skipped members do not count as inflated, but they cost time
RATIO_MATTERS_FROM = 50 * MB
OCTAL, PAX_SIZE = re.compile(rb"[0-7]+"), re.compile(r"[0-9]{1,20}")
REGULAR, FOLDER, LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL = (b"0", b"\0", b"7"), b"5", b"L", b"K", b"x", b"g"
NOT_READ = {b"1": "a hard link, never followed", b"2": "a link, never followed", b"3": "a device", b"4": "a device", b"6": "a pipe"}


class ByteStream:
    """The tar's own bytes, unpacked step by step and counted."""

    def __init__(self, file: BinaryIO, start: bytes, reading: Reading) -> None:
        self._file, self._reading = file, reading
        self._pieces = Packed(self._take, reading).pieces(start)
        self._buffer = bytearray()
        self._came_in = self._came_out = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        while len(self._buffer) < size and (piece := next(self._pieces, None)) is not None:
            self._buffer += piece
            self._count(len(piece))
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def skip(self, size: int) -> None:
        """Pass over `size` bytes. Raises ProjectRefused when there are fewer."""
        while size > 0:
            step = self.read(min(size, STEP))
            if not step:
                raise self._reading.refuse("it is cut off", AGAIN)
            size -= len(step)

    def check_rest(self) -> None:
        """After the end of the archive only zeros may follow. Raises ProjectRefused."""
        while rest := self.read(STEP):
            if rest.count(0) != len(rest):
                raise self._reading.refuse("something follows its end", AGAIN)

    def _take(self) -> bytes:
        self._reading.check_clock()
        packed = self._file.read(STEP_IN)
        self._came_in += len(packed)
        return packed

    def _count(self, number: int) -> None:
        self._came_out += number
        self._reading.check_clock()
        limits = self._reading.limits
        if self._came_out > RATIO_MATTERS_FROM and self._came_out > limits.ratio * self._came_in:
            raise self._reading.refuse(f"it grows more than {limits.ratio} times when unpacked", "Upload only the source folders, or raise GNOMON_MAX_RATIO")
        if self._came_out > MOST_STREAM_BYTES:
            raise self._reading.refuse(f"it unpacks to more than {MOST_STREAM_BYTES // MB:,} MB with all that is skipped", "Upload only the source folders")


class Content:
    """The bytes of one member in the stream: read or passed over, and then told apart from others by size and checksum."""

    def __init__(self, stream: ByteStream, size: int, name: str, reading: Reading) -> None:
        self._stream, self._size, self._name, self._reading = stream, size, name, reading
        self._left, self._crc = size, 0

    def read(self) -> bytes:
        """All of it."""
        return self._step(self._left)

    def finish(self) -> tuple[int, int]:
        """Pass over what is left and the padding; size and checksum of the whole."""
        while self._left:
            self._step(min(self._left, STEP))
        self._stream.skip(-self._size % BLOCK)
        return self._size, self._crc

    def _step(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise self._reading.refuse("it is cut off", AGAIN, self._name)
        self._left -= size
        self._crc = zlib.crc32(found, self._crc)
        return found


def read_tar(file: BinaryIO, start: bytes, reading: Reading) -> Iterator[Member]:
    """The members of a tar in their order, packed or not as its first bytes tell; each has to be read before the next is asked for. Raises ProjectRefused."""
    stream = ByteStream(file, start, reading)
    seen: dict[str, tuple[str, int, int]] = {}
    for kind, size, name in _rows(stream, reading):
        content = Content(stream, 0 if kind in NOT_READ or kind == FOLDER else size, name, reading)
        path = reading.safe_path(name)
        why_not = NOT_READ.get(kind, "" if kind in REGULAR else f"a member of type {kind!r}")
        is_file = kind != FOLDER and path and not name.endswith("/")
        if is_file and path not in seen:
            yield Member(path, size, why_not, content.read)
        looks = (why_not, *content.finish())
        if is_file and seen.setdefault(path, looks) != looks:
            raise reading.refuse("two members have this name and differ", AGAIN, name)
    stream.check_rest()


def _rows(stream: ByteStream, reading: Reading) -> Iterator[tuple[bytes, int, str]]:
    """Type, size and name of each member, with what pax headers and long names say of it. The content has to be passed over before the next."""
    named: dict[str, str] = {}
    count = 0
    while header := _header(stream, count == 0, reading):
        count += 1
        reading.check_entries(count)
        kind, size, name = header
        if kind in (PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK):
            named = _joined(named, kind, _header_data(stream, kind, size, reading), reading)
        else:
            yield kind, int(named.get("size", size)), named.get("path", name)
            named = {}
    if named:
        raise reading.refuse("it is cut off behind a pax header", AGAIN)


def _joined(named: dict[str, str], kind: bytes, found: dict[str, str], reading: Reading) -> dict[str, str]:
    """What is known of the next member after one more header. Raises where readers would disagree."""
    if kind == PAX_GLOBAL and found:
        raise reading.refuse("a pax header gives one name or size for all members", AGAIN)
    if any(named.get(key, value) != value for key, value in found.items()):
        raise reading.refuse("a member has two names or sizes", AGAIN, found.get("path", ""))
    return named if kind in (PAX_GLOBAL, LONG_LINK) else named | found


def _header(stream: ByteStream, first: bool, reading: Reading) -> tuple[bytes, int, str] | None:
    """Type, size and name of the next row; None at the end, which is a block of zeros."""
    block = stream.read(BLOCK)
    if len(block) == BLOCK and not block.strip(b"\0"):
        return None
    if len(block) < BLOCK and not (first and block):
        raise reading.refuse("it is cut off", "Download or pack it again, completely")
    if len(block) < BLOCK or not _is_header(block):
        raise reading.refuse("it holds no tar, or its first header is damaged" if first else "a header is damaged", AGAIN)
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:262] == b"ustar" and block[263:265] == b"00" else b""
    shown = b"/".join(part for part in (prefix, name) if part).decode("utf-8", "replace")
    kind = block[156:157]
    if kind == b"S":
        raise reading.refuse("it is a sparse file", AGAIN, shown)
    return kind, _number(block[124:136], reading, shown), shown


def _is_header(block: bytes) -> bool:
    """Whether the block carries the checksum of its own bytes."""
    told = block[148:156].strip(b" \0")
    return bool(OCTAL.fullmatch(told)) and int(told, 8) == sum(block[:148]) + 8 * 32 + sum(block[156:])


def _number(field: bytes, reading: Reading, name: str = "") -> int:
    """A number of a header: octal digits, or base 256 as GNU writes it. Raises ProjectRefused for a negative one."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits and not OCTAL.fullmatch(digits):
        raise reading.refuse("a header holds a number that cannot be", AGAIN, name)
    return int(digits or b"0", 8)


def _header_data(stream: ByteStream, kind: bytes, size: int, reading: Reading) -> dict[str, str]:
    """What a pax header or a long name says of the member that follows."""
    if size > LONGEST_HEADER_DATA:
        raise reading.refuse(f"a header is longer than {LONGEST_HEADER_DATA} bytes", AGAIN)
    data = stream.read(size)
    stream.skip(-size % BLOCK)
    if len(data) < size:
        raise reading.refuse("it is cut off", AGAIN)
    if kind in (LONG_NAME, LONG_LINK):
        return {"path": data.rstrip(b"\0").decode("utf-8", "replace")}
    records = _pax_records(data, reading)
    if any(key.startswith("GNU.sparse") for key in records):
        raise reading.refuse("it holds a sparse file", AGAIN)
    return {key: value for key, value in records.items() if key in ("path", "size")}


def _pax_records(data: bytes, reading: Reading) -> dict[str, str]:
    """`length key=value` records, each exactly as long as it says."""
    records: dict[str, str] = {}
    while data.strip(b"\0"):
        digits, _, _ = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 7 else 0
        record = data[len(digits) + 1 : length]
        key, sign, value = record.partition(b"=")
        if length > len(data) or not sign or not value.endswith(b"\n"):
            raise reading.refuse("a pax header is damaged", AGAIN)
        records[key.decode("utf-8", "replace")] = value[:-1].decode("utf-8", "replace")
        data = data[length:]
    if not PAX_SIZE.fullmatch(records.get("size", "0")):
        raise reading.refuse("a pax header holds a size that cannot be", AGAIN)
    return records
