"""A repository read into memory, never extracted, and the policy of what is kept of it. Born in archive.py or folder.py, read by manifests.py and stack.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

# Folders that hold other people's code or build output: folded into one line of `skipped`, never read (but for the listed file).
CLOSED_FOLDERS = {
    "vendor": "vendored code",
    "third_party": "vendored code",
    "node_modules": "vendored code",
    "target": "build output",
    "dist": "build output",
    ".git": "version control data",
    ".venv": "virtual environment",
    "venv": "virtual environment",
    "__pycache__": "build output",
    ".idea": "editor settings",
}
READ_ALL_THE_SAME = ("vendor/modules.txt",)
# Files that say what a project is built with; matched against the file's name.
MANIFESTS = (
    "go.mod", "go.work", "modules.txt", "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", "clippy.toml", "diesel.toml", ".golangci.y*ml",
    "package.json", "pyproject.toml", "requirements*.txt", "Pipfile", "setup.py", "pom.xml", "build.gradle", "build.gradle.kts", "*.csproj", "*.fsproj",
    "composer.json", "Gemfile", "mix.exs", "Dockerfile*", "*.dockerfile", "Containerfile", "docker-compose*.y*ml", "compose*.y*ml", "sqlc.y*ml", "sqlc.json",
    ".gitlab-ci.yml", "atlas.hcl", ".env.example", ".env.sample", "Makefile", "README*", ".gitignore",
)  # fmt: skip
SOURCES = ("*.go", "*.rs", "*.sql", "*.proto")
WORKFLOWS = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)\.circleci/config\.yml$")
LONGEST_LINE = 20_000  # a longer line is generated or minified, and nobody cites it
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\U000e0000-\U000e007f]")
UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f\U000e0000-\U000e007f]")
LONGEST_SHOWN_NAME = 120


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
    """The closed folder that a path lies in, as `services/api/vendor`; None when it is open."""
    parts = path.split("/")
    if any(path == name or path.endswith(f"/{name}") for name in READ_ALL_THE_SAME):
        return None
    for at, part in enumerate(parts[:-1]):
        if part in CLOSED_FOLDERS:
            return "/".join(parts[: at + 1])
    return None


def is_manifest(path: str) -> bool:
    """Whether the path is a file that says what a project is built with."""
    name = path.rsplit("/", 1)[-1]
    return any(fnmatchcase(name, pattern) for pattern in MANIFESTS) or bool(WORKFLOWS.search(path))


def is_kept(path: str) -> bool:
    """Whether the text of the file is wanted at all."""
    name = path.rsplit("/", 1)[-1]
    return is_manifest(path) or any(fnmatchcase(name, pattern) for pattern in SOURCES)


def decode_text(content: bytes) -> str | None:
    """The text of a file without invisible characters; None when it is not text or has lines that nobody wrote."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    if "\x00" in text or max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        return None
    return INVISIBLE.sub("", text)


def shown_name(name: str) -> str:
    """A name as it may be shown: control, bidirectional and invisible characters escaped, cut when long."""
    safe = UNSHOWABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", name)
    return safe if len(safe) <= LONGEST_SHOWN_NAME else safe[: LONGEST_SHOWN_NAME - 3] + "..."
