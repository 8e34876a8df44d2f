"""Code regions: what a document's block shows is cut from a real file. In: example files. Out: their regions, and documents whose blocks hold them."""

import re
from pathlib import Path

from index.documents import Section
from index.errors import CorpusError
from index.passages import CodeBlock, read_code_block
from index.prose import split_blocks

FILE_LANGUAGES = {"go", "rust", "sql", "yaml", "toml", "dockerfile", "sh", "bash", "proto", "mod"}
TESTS = {
    "Go tests": ("go/**/*_test.go", re.compile(r"^func (?:Test|Fuzz|Example)\w*\(", re.MULTILINE)),
    "Rust tests": ("rust/*/**/*.rs", re.compile(r"^\s*#\[(?:\w+::)*test\b", re.MULTILINE)),
    "SQL expectations": ("sql/**/*.sql", re.compile(r"^\s*-- (?:expect|plan has|fails)", re.MULTILINE)),
}
REGION = re.compile(r"^\s*(?://|--|#)\s*(end)?region:\s*(\S+)\s*$")


def code_of(section: Section) -> list[CodeBlock]:
    """The code blocks of a section, in order."""
    return [read_code_block(section.text, block) for block in split_blocks(section.text) if block.type == "code"]


def read_region(pack_folder: Path, file: str, region: str) -> str:
    """The code of one region of an example file, dedented and without inner region marks; the whole file when `region` is empty."""
    path = (pack_folder / "examples" / file).resolve()
    if not path.is_relative_to((pack_folder / "examples").resolve()) or not path.is_file():
        raise CorpusError(file, 0, "there is no such example file")
    lines = path.read_text(encoding="utf-8").splitlines()
    if region:
        lines = _cut_region(file, lines, region)
    kept = [line for line in lines if not REGION.match(line)]
    margin = min((len(line) - len(line.lstrip()) for line in kept if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in kept).strip("\n")


def _cut_region(file: str, lines: list[str], region: str) -> list[str]:
    marks = [(at, bool(match[1])) for at, line in enumerate(lines) if (match := REGION.match(line)) and match[2] == region]
    if [ends for _, ends in marks] != [False, True]:
        raise CorpusError(file, 0, f"region {region!r} has to begin and end exactly once")
    return lines[marks[0][0] + 1 : marks[1][0]]


def sync_document(path: Path, pack_folder: Path) -> int:
    """Write every code region into its block in one document. Returns how many blocks changed."""
    text = path.read_text(encoding="utf-8")
    changed = 0
    for block in reversed([block for block in split_blocks(text) if block.type == "code"]):
        code = read_code_block(text, block)
        if not code.file:
            continue
        real = read_region(pack_folder, code.file, code.region)
        if real != code.code:
            text = text[: block.start] + f"```{block.info}\n{real}\n```" + text[block.end :]
            changed += 1
    if changed:
        path.write_text(text, encoding="utf-8")
    return changed


def count_programs(pack_folder: Path) -> dict[str, int]:
    """How many tests and asserted statements stand behind the documents, by language."""
    counts = {}
    for name, (pattern, mark) in TESTS.items():
        files = [path for path in (pack_folder / "examples").glob(pattern) if "target" not in path.relative_to(pack_folder).parts]
        counts[name] = sum(len(mark.findall(path.read_text(encoding="utf-8"))) for path in files)
    return counts
