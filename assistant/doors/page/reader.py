"""The methodologies for reading. In: documents of the pack. Out: HTML of the contents by domain, and of one document with an anchor a passage."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from assistant.doors.page.markdown import inline, to_html
from assistant.doors.page.shown import Methodology, Reference, Section
from assistant.doors.page.words import DOMAINS, KINDS, filter_words, value_of


def contents_html(documents: Sequence[Methodology]) -> str:
    """Every document by domain, each with its passages; page.js filters the list as somebody types."""
    in_order = sorted(documents, key=lambda document: (_domain_order(document.domain), document.title))
    groups = groupby(in_order, key=lambda document: document.domain)
    return "".join(_domain(domain, list(group)) for domain, group in groups) or '<p class="empty">This pack holds no documents yet.</p>'


def _domain_order(domain: str) -> int:
    return list(DOMAINS).index(domain) if domain in DOMAINS else len(DOMAINS)


def _domain(domain: str, documents: list[Methodology]) -> str:
    return f'<section class="domain"><h2>{escape(DOMAINS.get(domain, domain.capitalize()))}</h2>{"".join(_entry(document) for document in documents)}</section>'


def _entry(document: Methodology) -> str:
    rows = "".join(f'<li><a href="#{document.id}--{section.id}">{inline(section.heading)}</a></li>' for section in document.sections)
    words = " ".join([document.id, document.summary, *document.tags, *document.aliases])
    return (
        f'<div class="entry" data-words="{escape(words.lower())}"><a class="document" href="#{document.id}">{escape(document.title)}</a>'
        f'<details><summary aria-label="Passages of {escape(document.title)}">{len(document.sections)}</summary><ul>{rows}</ul></details></div>'
    )


def document_html(document: Methodology, titles: Mapping[str, str]) -> str:
    """One document, whole."""
    groups = groupby(document.sections, key=lambda section: section.kind)
    kinds = "".join(_kind(document, kind, list(sections)) for kind, sections in groups)
    versions = ", ".join(f"{name} {version}" for name, version in document.verified.versions.items())
    verified = f"Reviewed {document.verified.date.isoformat()}{f' with {versions}' if versions else ''}"
    languages = " and ".join(value_of(language) for language in document.languages) or "Go and Rust"
    applies = " · ".join(filter_words({key: values}) for key, values in document.applies_to.items() if key != "language")
    return (
        f'<article class="document" aria-label="{escape(document.title)}"><header><h1 id="{document.id}" tabindex="-1">{escape(document.title)}</h1>'
        f'<p class="lead">{inline(document.summary)}</p><p class="quiet">{escape(languages)} · {escape(verified)}</p>'
        f"{f'<p class=quiet>For {escape(applies)}</p>' if applies else ''}</header>{kinds}"
        f"{_listed('Do not suggest', map(inline, document.do_not_suggest))}{_related(document, titles)}{_references(document)}</article>"
    )


def _kind(document: Methodology, kind: str, sections: list[Section]) -> str:
    return f"<section><h2>{escape(KINDS.get(kind, kind))}</h2>{''.join(_section(document, section) for section in sections)}</section>"


def _section(document: Methodology, section: Section) -> str:
    anchor = f"{document.id}--{section.id}"
    meta = section.meta
    facts = [f"since {meta.since}" if meta.since else "", f"evidence: {meta.evidence}" if meta.evidence else ""]
    facts += [f"references: {', '.join(meta.refs)}" if meta.refs else ""]
    line = " · ".join(escape(fact) for fact in facts if fact)
    return (
        f'<section class="passage" id="{anchor}" tabindex="-1"><h3>{inline(section.heading)}'
        f'<button class="link" data-copy-link="{anchor}" aria-label="Copy a link to this passage">link</button></h3>'
        f"{to_html(section.text)}{f'<p class=quiet>{line}</p>' if line else ''}</section>"
    )


def _related(document: Methodology, titles: Mapping[str, str]) -> str:
    rows = (f'<a href="#{escape(item.id)}">{escape(titles.get(item.id, item.id))}</a>: {inline(item.why)}' for item in document.related)
    return _listed("Related", rows)


def _references(document: Methodology) -> str:
    return _listed("References", map(_reference, document.references))


def _reference(item: Reference) -> str:
    link = f'<a href="{escape(_web_address(item.url))}" target="_blank" rel="noopener noreferrer">{escape(item.title)}</a>'
    checked = f'<span class="quiet">{escape(item.evidence)}, {item.retrieved.isoformat()}</span>'
    return f"<code>{escape(item.id)}</code> {link}, {escape(item.org)}, {escape(item.version)} {checked}"


def _web_address(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else "#"


def _listed(title: str, rows: Iterable[str]) -> str:
    items = "".join(f"<li>{row}</li>" for row in rows)
    return f"<section><h2>{title}</h2><ul>{items}</ul></section>" if items else ""
