"""The project as HTML. In: a ProjectContext and the questions still open. Out: the card, the questions, the chips; all text escaped.

Buttons carry `data-act` and `data-value`; page.js hands them to the one handler of actions.
"""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from assistant.doors.page.shown import CONTEXT_KEYS, DiscoveryQuestion, Evidence, Fact, ProjectContext, ServiceChoice
from assistant.doors.page.words import CONTEXT_KEY, name_of, value_of

LINES_AROUND = 3
MOST_SKIPPED = 200
MOST_FACTS_OF_A_NAME = 8
FIRST = ("language", "primary_languages", "ecosystem", "go_version", "rust_edition", "service_type", "service_types")
ORDER = {name: at for at, name in enumerate(dict.fromkeys((*FIRST, *CONTEXT_KEYS)))}


def project_html(context: ProjectContext, questions: Sequence[DiscoveryQuestion], message: str = "", services: Sequence[ServiceChoice] = ()) -> str:
    """The whole left column below the upload field."""
    parts = [f'<p class="refusal" role="alert">{escape(message)}</p>' if message else ""]
    if context.project is not None:
        parts.append(_card(context))
        parts.append(_services(services, context))
    parts.append(_questions(questions))
    if context.project is not None:
        parts.append(_skipped(context))
    if context.project is not None or context.answers:
        parts.append('<p class="quiet end"><button class="link" data-act="forget">Delete my project and this conversation</button></p>')
    return "".join(parts)


def chips_html(context: ProjectContext) -> str:
    """The filters in force, each with a button that removes it, and those left out with one that restores them."""
    chips = [_chip(key, value) for key, values in context.filters().items() for value in values]
    chips += [_restore(key) for key, values in context.answers.items() if not values and _detected(context, key)]
    if not chips:
        return '<p class="quiet">No filters: the whole corpus is searched.</p>'
    return f'<div class="chips" role="group" aria-label="Filters in force"><span class="quiet">Filters</span>{"".join(chips)}</div>'


def _chip(key: str, value: str) -> str:
    label = f"{name_of(key)}: {value_of(value)}"
    return (
        f'<span class="chip" title="{escape(label)}">{escape(value_of(value))}'
        f'<button data-act="remove" data-value="{escape(key)}={escape(value)}" aria-label="Remove filter {escape(label)}">×</button></span>'
    )


def _restore(key: str) -> str:
    told = 'title="Left out by you. Press to use it again."'
    return f'<button class="chip out" data-act="restore" data-value="{escape(key)}" {told}>{escape(name_of(key))} <span aria-hidden="true">+</span></button>'


def _detected(context: ProjectContext, key: str) -> bool:
    return any(CONTEXT_KEY.get(fact.name, fact.name) == key for fact in context.facts)


def _card(context: ProjectContext) -> str:
    facts = sorted(context.facts, key=lambda fact: (ORDER.get(fact.name, len(ORDER)), fact.name))
    rows = "".join(_row(name, list(group), context) for name, group in groupby(facts, key=lambda fact: fact.name))
    read = f"{context.files_read:,} {'file' if context.files_read == 1 else 'files'} read"
    body = f'<dl class="facts">{rows}</dl>' if rows else '<p class="quiet">Nothing in it tells the stack. Answer the questions below instead.</p>'
    gone = "" if context.tree else '<p class="quiet">The code is no longer in memory. Upload it again to see more of it.</p>'
    return f'<section class="project" aria-label="Project"><h2>{escape(context.project or "")}<small>{read}</small></h2>{body}{gone}</section>'


def _row(name: str, facts: list[Fact], context: ProjectContext) -> str:
    """One line of the card: a name, and each value with its proof."""
    shown = facts[:MOST_FACTS_OF_A_NAME]
    values = "".join(_value(fact, context) for fact in shown)
    more = f'<dd class="quiet">and {len(facts) - len(shown)} more</dd>' if len(facts) > len(shown) else ""
    return f"<div><dt>{escape(name_of(name))}</dt>{values}{more}</div>"


def _value(fact: Fact, context: ProjectContext) -> str:
    key = CONTEXT_KEY.get(fact.name, fact.name)
    answered = context.answers.get(key)
    is_out = answered is not None and fact.value not in answered and key in CONTEXT_KEYS
    what = f"<b>{escape(value_of(fact.value))}</b>{f' {escape(fact.version)}' if fact.version else ''}"
    doubt = "" if fact.certainty == "certain" else f' <i class="certainty">{escape(fact.certainty)}</i>'
    summary = f'<summary><span class="what">{what}{doubt}</span> <code>{escape(_place(fact.evidence))}</code></summary>'
    proof = f"<details>{summary}{_lines(fact.evidence, context)}</details>"
    return f'<dd class="{"out" if is_out else ""}">{proof}{_remove(key, fact, is_out)}</dd>'


def _remove(key: str, fact: Fact, is_out: bool) -> str:
    if key not in CONTEXT_KEYS:
        return ""
    if is_out:
        return f'<button class="icon" data-act="restore" data-value="{escape(key)}" aria-label="Use {escape(name_of(key))} again">+</button>'
    label = escape(f"Leave out {name_of(key)} {value_of(fact.value)}")
    return f'<button class="icon" data-act="remove" data-value="{escape(key)}={escape(fact.value)}" aria-label="{label}" title="{label}">×</button>'


def _place(evidence: Evidence) -> str:
    return evidence.path if evidence.line is None else f"{evidence.path}:{evidence.line}"


def _lines(evidence: Evidence, context: ProjectContext) -> str:
    """The line that proves the fact with its neighbours; only the line itself once the source tree is gone."""
    text = context.tree.texts.get(evidence.path) if context.tree else None
    if text is None or evidence.line is None:
        return f'<pre class="proof">{escape(evidence.text or evidence.path)}</pre>'
    lines = text.splitlines()
    first = max(evidence.line - 1 - LINES_AROUND, 0)
    rows = []
    for number, line in enumerate(lines[first : evidence.line + LINES_AROUND], first + 1):
        row = f"{number:>4}  {escape(line[:200])}"
        rows.append(f"<mark>{row}</mark>" if number == evidence.line else row)
    return f'<pre class="proof" tabindex="0">{chr(10).join(rows)}</pre>'


def _services(services: Sequence[ServiceChoice], context: ProjectContext) -> str:
    """The picker of a monorepo: one button a service, and one for all of it."""
    if not services:
        return ""
    rows = [("", "The whole repository", "Facts of every module count."), *((choice.module, choice.module, choice.summary) for choice in services)]
    buttons = "".join(_service(module, label, told, module == context.module) for module, label, told in rows)
    return f'<section class="questions" aria-label="Services"><h2>Which service?</h2><div class="question"><div class="options">{buttons}</div></div></section>'


def _service(module: str, label: str, told: str, is_chosen: bool) -> str:
    pressed = str(is_chosen).lower()
    return f'<button data-act="module" data-value="{escape(module)}" aria-pressed="{pressed}" title="{escape(told)}">{escape(label)}</button>'


def _questions(questions: Sequence[DiscoveryQuestion]) -> str:
    if not questions:
        return ""
    return f'<section class="questions" aria-label="Still open"><h2>Still open</h2>{"".join(_question(question) for question in questions)}</section>'


def _question(question: DiscoveryQuestion) -> str:
    options = "".join(
        f'<button data-act="answer" data-value="{escape(question.id)}={escape(option.id)}" title="{escape(option.description)}">{escape(option.label)}</button>'
        for option in question.options
    )
    skip = f'<button class="link" data-act="answer" data-value="{escape(question.id)}=">Skip</button>'
    return (
        f'<div class="question" role="group" aria-label="{escape(question.header)}"><p>{escape(question.text)}</p>'
        f'<p class="quiet">{escape(question.reason)}</p><div class="options">{options}{skip}</div></div>'
    )


def _skipped(context: ProjectContext) -> str:
    if not context.skipped:
        return ""
    rows = "".join(f"<li><code>{escape(item.path)}</code> {escape(item.reason)}</li>" for item in context.skipped[:MOST_SKIPPED])
    more = f'<li class="quiet">and {len(context.skipped) - MOST_SKIPPED:,} more</li>' if len(context.skipped) > MOST_SKIPPED else ""
    return f'<details class="fold"><summary>Not read ({len(context.skipped):,})</summary><ul class="skipped">{rows}{more}</ul></details>'
