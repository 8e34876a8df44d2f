import re

from assistant.settings import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_for_langchain_runs(assistant, settings, monkeypatch, capsys):
    monkeypatch.setenv("GNOMON_DATA_DIR", str(settings.data_dir))
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("go-http-handlers#")


def test_links_lead_to_files_that_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (PROJECT_ROOT / link).exists()] == []
