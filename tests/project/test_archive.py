"""What is no archive, what the reading tells, and what it costs nobody else."""

import bz2
import os
from dataclasses import replace

import pytest

from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_archive, read_project
from assistant.settings import Settings
from tests.project.archives import make_tar, make_zip
from tests.project.conftest import LIMITS

GO = b"package main\n"

OTHERS = {
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "7z"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(50), "rar"),
    "bzip2": (bz2.compress(make_tar({"main.go": GO})), "bzip2"),
    "text": (b"module shop\n", "not an archive"),
    "zeros": (bytes(2048), "not an archive"),
    "program": (b"\x7fELF" + bytes(600), "not an archive"),
}


@pytest.mark.parametrize(("content", "word"), OTHERS.values(), ids=OTHERS.keys())
def test_another_format_is_refused_by_its_name_with_what_to_use(refusal, content, word):
    message = refusal(content)
    assert word in message
    assert "zip or tar.gz" in message


def test_an_empty_file_is_refused(refusal):
    assert "it is empty" in refusal(b"")


def test_the_type_is_told_by_content_and_not_by_name(tmp_path):
    for name, content in {"a.tar.gz": make_zip({"main.go": GO}), "b.zip": make_tar({"main.go": GO}, "w:gz"), "c.txt": make_tar({"main.go": GO})}.items():
        (tmp_path / name).write_bytes(content)
        assert read_archive(tmp_path / name, LIMITS).paths == ("main.go",)


@pytest.mark.parametrize("read", [read_archive, read_project])
def test_a_missing_file_is_refused_without_its_folder(tmp_path, read):
    with pytest.raises(ProjectRefused) as caught:
        read(tmp_path / "none.zip", LIMITS)
    assert "none.zip" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(ProjectRefused, match="not a file"):
        read_project(tmp_path / "pipe.zip", LIMITS)


def test_a_folder_is_no_archive(tmp_path):
    with pytest.raises(ProjectRefused, match="not a file"):
        read_archive(tmp_path, LIMITS)


def test_a_project_is_an_archive_or_a_folder(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.go").write_bytes(GO)
    (tmp_path / "shop.zip").write_bytes(make_zip({"main.go": GO}))
    assert read_project(folder, LIMITS).texts == read_project(tmp_path / "shop.zip", LIMITS).texts


def test_nothing_is_written_beside_the_upload(read, tmp_path):
    read(make_zip({"shop/main.go": GO, "shop/a/b.go": GO}))
    assert [path.name for path in tmp_path.iterdir()] == ["upload.bin"]


def test_after_a_refusal_the_next_upload_is_read(read, refusal):
    refusal(make_zip({"../main.go": GO}))
    assert read(make_zip({"main.go": GO})).paths == ("main.go",)


def test_the_limits_are_those_of_the_settings():
    settings = Settings(max_upload_mb=3, max_inflated_mb=5, max_entry_mb=7, max_manifest_mb=9, max_entries=11, max_ratio=13, max_path_length=17)
    limits = Limits.from_settings(replace_depth(settings))
    assert limits == Limits(3_000_000, 5_000_000, 7_000_000, 9_000_000, 11, 13, 17, 19, 23.0)


def replace_depth(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_path_depth": 19, "max_read_seconds": 23.0})


def test_progress_names_the_files_and_ends_at_one(tmp_path):
    path = tmp_path / "shop.zip"
    path.write_bytes(make_zip({f"{number}.go": GO for number in range(1_200)}))
    stages = []
    read_archive(path, LIMITS, lambda stage, share: stages.append((stage, share)))
    shares = [share for _, share in stages]
    assert shares == sorted(shares)
    assert stages[-1] == ("read 1,200 files", 1.0)
    assert ("reading 500 files", 0.025) in stages


@pytest.mark.parametrize("top", ["shop-main", "vendor", "target", "node_modules", "src"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_the_top_folder_is_taken_off_whatever_its_name(read, make, top):
    tree = read(make({f"{top}/go.mod": "module shop\n", f"{top}/vendor/x/x.go": GO, f"{top}/cmd/main.go": GO}))
    assert tree.paths == ("go.mod", "cmd/main.go")
    assert [item.path for item in tree.skipped] == ["vendor/"]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_closed_folder_that_comes_first_is_no_top_folder(read, make):
    tree = read(make({"vendor/x/x.go": GO, "go.mod": "module shop\n"}))
    assert tree.paths == ("go.mod",)
    assert [item.path for item in tree.skipped] == ["vendor/"]


def test_two_top_folders_stay(read):
    assert read(make_zip({"api/main.go": GO, "worker/main.go": GO})).paths == ("api/main.go", "worker/main.go")


def test_what_macos_adds_beside_the_top_folder_does_not_count(read):
    tree = read(make_zip({"__MACOSX/shop/._main.go": b"\0", "shop/main.go": GO}))
    assert tree.paths == ("main.go",)


def test_text_that_takes_more_memory_than_bytes_is_counted_as_such(read, refusal):
    content = make_zip({f"{number}.go": "// \U0001f980\n" + "x = 1\n" * 20_000 for number in range(5)})
    assert len(read(content, inflated_bytes=3_000_000).texts) == 5
    assert "GNOMON_MAX_INFLATED_MB" in refusal(content, inflated_bytes=1_000_000)


def test_the_limits_object_cannot_be_changed():
    with pytest.raises(AttributeError):
        LIMITS.entries = 1  # type: ignore[misc]
    assert replace(LIMITS, entries=1).entries == 1
