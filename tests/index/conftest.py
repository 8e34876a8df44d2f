"""A small pack of two documents, written into a temporary folder."""

from pathlib import Path

import pytest

PACK = """
id: small
title: Small systems
version: "1"
domains: [go, rust]
questions: []
related:
  - {id: python, title: Python, covers: "Django and FastAPI.", terms: [django, fastapi]}
"""

FRONT = """---
id: {id}
title: {title}
domain: {domain}
languages: [{languages}]
summary: How {title} is done.
applies_to: {{web_framework: [{framework}]}}
tags: []
aliases: []
related: []
owns: []
do_not_suggest: []
verified: {{date: 2026-11-23, versions: {{go: "1.26"}}}}
references:
  - {{id: ref, title: Page, org: Org, url: "https://a.example", version: "1", retrieved: 2026-11-23, evidence: documented}}
---
"""

GO = """
## Patterns

### How does a Go handler bound the body? {#bound-body}
<!-- refs: [ref]; frameworks: [gin]; aliases: ["http: request body too large"] -->
A Go handler bounds the request body with `http.MaxBytesReader`. The reader fails after the limit.

## Claims

### What does ReadHeaderTimeout bound? {#read-header}
<!-- refs: [ref]; evidence: ran; since: go1.8 -->
`ReadHeaderTimeout` bounds the time that a Go server waits for the headers of a slow client.
"""

RUST = """
## Patterns

### How does an axum handler bound the body? {#bound-body}
<!-- refs: [ref]; frameworks: [axum] -->
An axum handler bounds the request body with `DefaultBodyLimit`. The extractor answers 413 after the limit.
"""


def write_document(pack: Path, name: str, body: str, **front: str) -> Path:
    values = {"id": name, "title": name, "domain": "go", "languages": "go", "framework": "gin"} | front
    path = pack / "methodologies" / values["domain"] / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FRONT.format(**values) + body, encoding="utf-8")
    return path


@pytest.fixture
def small_pack(tmp_path: Path) -> Path:
    pack = tmp_path / "small"
    pack.mkdir()
    (pack / "pack.yaml").write_text(PACK, encoding="utf-8")
    write_document(pack, "go-things", GO, title="Go things")
    write_document(pack, "rust-things", RUST, title="Rust things", domain="rust", languages="rust", framework="axum")
    return pack
