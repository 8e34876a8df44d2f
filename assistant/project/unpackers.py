"""What a gzip, xz or zstd stream holds. In: a function that hands on the next packed bytes. Out: bounded pieces. Owns lzma and zstandard."""

import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.project.limits import Reading

STEP = 1 << 18  # no piece is larger
GZIP, XZ, ZSTD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
MOST_XZ_BYTES = 128 << 20  # what xz -9 asks for is 65 MB; a stream may ask for 4 GB
MOST_ZSTD_WINDOW = 128 << 20  # that of zstd --ultra -22 --long=27
AGAIN = "Pack the folder again with tar or zip"


@dataclass(frozen=True)
class Packed:
    """A packed stream: `take` hands on its next bytes, empty at the end."""

    take: Callable[[], bytes]
    reading: Reading

    def pieces(self, start: bytes) -> Iterator[bytes]:
        """What it holds, told by its first bytes: gzip, xz, zstd or nothing of these."""
        if start.startswith(GZIP):
            return self._streams("gzip", GZIP, _Gzip)
        if start.startswith(XZ):
            return self._streams("xz", XZ, _Xz)
        return self._zstd() if start.startswith(ZSTD) else iter(self.take, b"")

    def _streams(self, kind: str, magic: bytes, new_stream: Callable[[], "_Stream"]) -> Iterator[bytes]:
        """One stream after the other; zeros may stand behind the last, and nothing else."""
        rest = self.take()
        while rest:
            stream = new_stream()
            while not stream.eof:
                if not rest and not stream.has_more:
                    raise self.reading.refuse(f"its {kind} data is cut off", AGAIN)
                yield self._piece(kind, stream, rest)
                rest = b"" if stream.eof or stream.has_more else self.take()
            rest = self._behind(kind, magic, stream.unused or self.take())

    def _piece(self, kind: str, stream: "_Stream", packed: bytes) -> bytes:
        self.reading.check_clock()
        try:
            return stream.unpack(packed)
        except (zlib.error, lzma.LZMAError, MemoryError) as error:
            raise self.reading.refuse(f"its {kind} data is damaged or asks for too much memory", AGAIN) from error

    def _behind(self, kind: str, magic: bytes, rest: bytes) -> bytes:
        """What stands behind a stream: another one, or zeros to the end."""
        while len(rest) < len(magic) and (more := self.take()):
            rest += more
        if not rest.startswith(magic):
            while rest:
                if rest.strip(b"\0"):
                    raise self.reading.refuse(f"something follows its {kind} data", AGAIN)
                rest = self.take()
        return rest

    def _zstd(self) -> Iterator[bytes]:
        """Frame after frame. The library reads from a file and gives as much as it is asked for."""
        import zstandard

        source = zstandard.ZstdDecompressor(max_window_size=MOST_ZSTD_WINDOW).stream_reader(io.BufferedReader(_Source(self.take)), read_across_frames=True)
        while True:
            self.reading.check_clock()
            try:
                found = source.read(STEP)
            except (zstandard.ZstdError, MemoryError) as error:
                raise self.reading.refuse("its zstd data is damaged or asks for too much memory", AGAIN) from error
            if not found:
                return
            yield found


class _Stream:
    """One compressed stream of zlib or lzma under one face; unpacks at most a step at a time."""

    eof = False
    has_more = False  # whether it can give more without being fed
    unused = b""

    def unpack(self, packed: bytes) -> bytes:
        raise NotImplementedError


class _Gzip(_Stream):
    def __init__(self) -> None:
        self._stream, self._waiting = zlib.decompressobj(zlib.MAX_WBITS | 16), b""

    def unpack(self, packed: bytes) -> bytes:
        found = self._stream.decompress(self._waiting + packed, STEP)
        self._waiting = self._stream.unconsumed_tail
        self.eof, self.has_more, self.unused = self._stream.eof, bool(self._waiting), self._stream.unused_data
        return found


class _Xz(_Stream):
    def __init__(self) -> None:
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_XZ_BYTES)

    def unpack(self, packed: bytes) -> bytes:
        found = self._stream.decompress(packed, STEP)
        self.eof, self.unused = self._stream.eof, self._stream.unused_data
        self.has_more = not self._stream.needs_input and not self.eof
        return found


class _Source(io.RawIOBase):
    """The packed bytes as a file, for a library that wants one."""

    def __init__(self, take: Callable[[], bytes]) -> None:
        self._take, self._left = take, b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: object) -> int:
        """As many bytes as there are and as fit."""
        view = memoryview(target)  # type: ignore[arg-type]
        self._left = self._left or self._take()
        found, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(found)] = found
        return len(found)
