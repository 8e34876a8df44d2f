"""Members of a tar file, plain or gzipped, as a stream. In: an open file. Out: Members. Every header is bounded before it is used; nothing is extracted.

The layout is that of POSIX.1-2017 (ustar and pax interchange format) with GNU's long names; sparse files are refused.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from assistant.project.limits import MB, Reading
from assistant.project.members import Member

BLOCK = 512
STEP = 1 << 18
LONGEST_HEADER_DATA = 64 * 1024  # pax records and long names
MOST_STREAM_BYTES = 4_000 * MB  # skipped members do not count as inflated, but they cost time
RATIO_MATTERS_FROM = 50 * MB
GZIP = b"\x1f\x8b"
REGULAR, FOLDER, LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL = (b"0", b"\0", b"7"), b"5", b"L", b"K", b"x", b"g"
NOT_READ = {b"1": "a hard link, never followed", b"2": "a link, never followed", b"3": "a device", b"4": "a device", b"6": "a pipe"}
AGAIN = "Pack the folder again with tar or zip"


class ByteStream:
    """The tar's own bytes, unpacked step by step and counted."""

    def __init__(self, file: BinaryIO, gzipped: bool, reading: Reading) -> None:
        self._file, self._gzipped, self._reading = file, gzipped, reading
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzipped else None
        self._buffer = bytearray()
        self._came_in = self._came_out = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        while len(self._buffer) < size and self._fill():
            pass
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

    def _fill(self) -> bool:
        self._reading.check_clock()
        packed = self._file.read(STEP if self._stream is None else STEP // 16)
        if self._stream is None:
            self._buffer += packed
            return bool(packed)
        return self._inflate(packed)

    def _inflate(self, packed: bytes) -> bool:
        stream = self._stream
        if stream is None:
            return False
        if stream.eof:
            return self._next_gzip(stream.unused_data + packed)
        if not packed and not stream.unconsumed_tail:
            raise self._reading.refuse("its gzip data is cut off", AGAIN)
        self._came_in += len(packed)
        try:
            pending = stream.unconsumed_tail + packed
            while pending:
                found = stream.decompress(pending, STEP)
                self._buffer += found
                self._count(len(found))
                pending = stream.unconsumed_tail
                if stream.eof or (not found and not pending):
                    break
        except zlib.error as error:
            raise self._reading.refuse("its gzip data is damaged", AGAIN) from error
        return True

    def _next_gzip(self, rest: bytes) -> bool:
        """A gzip file may hold several streams; anything else behind the first is refused."""
        if not rest.strip(b"\0"):
            return bool(rest) and self._fill_after_zeros()
        if not rest.startswith(GZIP):
            raise self._reading.refuse("something follows its gzip data", AGAIN)
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return self._inflate(rest)

    def _fill_after_zeros(self) -> bool:
        while packed := self._file.read(STEP):
            if packed.strip(b"\0"):
                raise self._reading.refuse("something follows its gzip data", AGAIN)
        return False

    def _count(self, number: int) -> None:
        self._came_out += number
        self._reading.check_clock()
        grown = self._came_out > RATIO_MATTERS_FROM and self._came_out > self._reading.limits.ratio * self._came_in
        if grown or self._came_out > MOST_STREAM_BYTES:
            raise self._reading.refuse(f"it grows more than {self._reading.limits.ratio} times when unpacked", "Upload only the source folders")


def read_tar(file: BinaryIO, gzipped: bool, reading: Reading) -> Iterator[Member]:
    """The members of a tar in their order; each has to be read before the next is asked for. Raises ProjectRefused."""
    stream = ByteStream(file, gzipped, reading)
    count = 0
    named: dict[str, str] = {}  # what a header says of the member that follows it
    seen: set[str] = set()
    while header := _header(stream, reading):
        count += 1
        reading.check_entries(count)
        kind, size, name = header
        name, size = named.pop("path", name), int(named.pop("size", size))
        if kind in (PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK):
            found = _header_data(stream, kind, size, reading)
            named |= found if kind in (PAX, LONG_NAME) else {}
            continue
        named.clear()
        member, left = _member(stream, kind, size, name, reading)
        if member and member.path in seen:
            raise reading.refuse("two members have this name", AGAIN, name)
        if member:
            seen.add(member.path)
            yield member
        stream.skip(left())
    stream.check_rest()


def _header(stream: ByteStream, reading: Reading) -> tuple[bytes, int, str] | None:
    """Type, size and name of the next member; None at the end."""
    block = stream.read(BLOCK)
    if not block.strip(b"\0"):
        return None
    if len(block) < BLOCK or _checksum(block) != _number(block[148:156], reading):
        raise reading.refuse("a header is damaged", AGAIN)
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:262] == b"ustar" and block[263:265] == b"00" else b""
    shown = b"/".join(part for part in (prefix, name) if part).decode("utf-8", "replace")
    kind = block[156:157]
    if kind == b"S":
        raise reading.refuse("it is a sparse file", AGAIN, shown)
    return kind, _number(block[124:136], reading, shown), shown


def _checksum(block: bytes) -> int:
    return sum(block[:148]) + 8 * 32 + sum(block[156:])


def _number(field: bytes, reading: Reading, name: str = "") -> int:
    """A number of a header: octal digits, or base 256 as GNU writes it. Raises ProjectRefused for a negative one."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True) & ((1 << (8 * len(field) - 1)) - 1) if field[0] == 0x80 else -1
    else:
        digits = field.strip(b" \0")
        value = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else 0 if not digits else -1
    if value < 0:
        raise reading.refuse("a header holds a number that cannot be", AGAIN, name)
    return value


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
    if not records.get("size", "0").isdigit():
        raise reading.refuse("a pax header holds a size that cannot be", AGAIN)
    return records


def _member(stream: ByteStream, kind: bytes, size: int, name: str, reading: Reading) -> tuple[Member | None, Callable[[], int]]:
    """The member, and how many bytes of it are still to be passed over once it has been used."""
    path = reading.safe_path(name)
    stored = 0 if kind in NOT_READ or kind == FOLDER else size
    left = [stored + -stored % BLOCK]

    def read() -> bytes:
        content = stream.read(size)
        left[0] -= len(content)
        if len(content) < size:
            raise reading.refuse("it is cut off", AGAIN, name)
        return content

    why_not = NOT_READ.get(kind, "" if kind in REGULAR else f"a member of type {kind!r}")
    is_file = kind != FOLDER and path and not name.endswith("/")
    return (Member(path, size, why_not, read) if is_file else None), lambda: left[0]
