"""A repository read into memory, never extracted, and the policy of what is kept of it. Born in archive.py or folder.py, read by manifests.py and stack.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

# Folders that hold other people's code or build output: folded into one line of `skipped`, never read (but for the listed file).
CLOSED_FOLDERS = {
    "vendor": "vendored code",
    "third_party": "vendored code",
    "node_modules": "vendored code",
    "target": "build output",  # only with what Cargo or Maven puts there: `target` is a good name for a package too
    ".git": "version control data",
    ".venv": "virtual environment",
    "venv": "virtual environment",
    "__pycache__": "build output",
    ".idea": "editor settings",
    "__MACOSX": "macOS file attributes",
}
READ_ALL_THE_SAME = ("vendor/modules.txt",)
BUILT_IN_TARGET = re.compile(
    r"debug|release|doc|package|criterion|tmp|nextest|flycheck\d*|(?:test-)?classes|(?:test-)?generated-.+|maven-.+|(?:surefire|failsafe)-reports|\w+-\w+-\w+(?:-\w+)?"
)
# Files that say what a project is built with; matched against the file's name.
MANIFESTS = (
    "go.mod", "go.work", "modules.txt", "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", "clippy.toml", "diesel.toml", ".golangci.y*ml",
    "package.json", "schema.prisma", "pyproject.toml", "requirements*.txt", "Pipfile", "setup.py", "setup.cfg", "pom.xml", "build.gradle", "build.gradle.kts",
    "libs.versions.toml", "build.sbt", "*.csproj", "*.fsproj", "Directory.Packages.props", "composer.json", "Gemfile", "*.gemspec", "mix.exs",
    "Dockerfile*", "*.dockerfile", "Containerfile", "docker-compose*.y*ml", "compose*.y*ml", "sqlc.y*ml", "sqlc.json", ".gitlab-ci.yml", "atlas.hcl",
    ".env.example", ".env.sample", ".env.template", "Makefile", "README*", ".gitignore",
)  # fmt: skip
SOURCES = ("*.go", "*.rs", "*.sql", "*.proto")
# Everything else is not read; these say so in better words. Matched against the end of the file's name, in lower case.
NESTED_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z", ".rar", ".jar", ".war", ".whl")
BINARIES = (
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".pdf", ".woff", ".woff2", ".ttf", ".eot", ".mp3", ".mp4", ".exe", ".dll", ".so", ".dylib", ".a", ".o",
    ".class", ".pyc", ".wasm", ".bin", ".dat", ".db", ".sqlite", ".parquet",
)  # fmt: skip
NESTED_ARCHIVE, BINARY, OTHER_KIND = "an archive inside, not opened", "binary", "not a kind of file that is read"
WORKFLOWS = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)\.circleci/config\.yml$")
LONGEST_LINE = 20_000  # a longer line is generated or minified, and nobody cites it
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\U000e0000-\U000e007f]")
# Letters and marks that Python calls printable and nobody sees: joiners, fillers, variation selectors.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
LONGEST_SHOWN_NAME = 120


class NotText(ValueError):
    """The bytes are not kept as text; the message says why in a few words."""


@dataclass(frozen=True)
class Skipped:
    """A member that was not read, and why in a few words."""

    path: str
    reason: str


@dataclass(frozen=True)
class SourceTree:
    """`texts`: relative POSIX path -> decoded text of the files that were kept; `paths`: every file name seen, kept or not."""

    name: str
    texts: Mapping[str, str]
    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()


def closed_folder(path: str) -> str | None:
    """The outermost closed folder that a path lies in, as `services/api/vendor`; None when it is open."""
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        if part in CLOSED_FOLDERS and (part != "target" or BUILT_IN_TARGET.fullmatch(parts[at + 1])):
            return None if "/".join(parts[at:]) in READ_ALL_THE_SAME else "/".join(parts[: at + 1])
    return None


def is_manifest(path: str) -> bool:
    """Whether the path is a file that says what a project is built with."""
    return bool(_name_pattern(MANIFESTS).match(path.rsplit("/", 1)[-1]) or WORKFLOWS.search(path))


def is_kept(path: str) -> bool:
    """Whether the text of the file is wanted at all."""
    return bool(_name_pattern(SOURCES).match(path.rsplit("/", 1)[-1])) or is_manifest(path)


def why_not_kept(path: str) -> str:
    """Why the text of a file is not wanted, in a few words; empty when it is."""
    if path.lower().endswith(NESTED_ARCHIVES):
        return NESTED_ARCHIVE
    if path.lower().endswith(BINARIES):
        return BINARY
    return "" if is_kept(path) else OTHER_KIND


@cache
def _name_pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Shell patterns as one regular expression: sixty thousand names are matched in a blink."""
    return re.compile("|".join(translate(pattern) for pattern in patterns))


def decode_text(content: bytes) -> str:
    """The text of a file without invisible characters. Raises NotText for bytes that are no text or have lines that nobody wrote."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise NotText(BINARY if b"\x00" in content else "neither UTF-8 nor UTF-16") from None
    if "\x00" in text:
        raise NotText(BINARY)
    if max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        raise NotText(f"a line longer than {LONGEST_LINE:,} characters")
    return text if text.isascii() else INVISIBLE.sub("", text)


def escaped_name(name: str) -> str:
    """A name with control, bidirectional and invisible characters written out, so that what is seen is what it is."""
    if name.isascii() and name.isprintable():
        return name
    return "".join(_escaped(char) if not char.isprintable() or UNSEEN.match(char) else char for char in name)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def shown_name(name: str) -> str:
    """A name as it may stand in a sentence: escaped, and cut when long."""
    safe = escaped_name(name)
    return safe if len(safe) <= LONGEST_SHOWN_NAME else safe[: LONGEST_SHOWN_NAME - 3] + "..."
