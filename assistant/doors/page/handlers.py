"""What each thing a person does brings about. In: a Session and what they did. Out: Views, the parts of the page that change. Knows nothing of Gradio."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.assistant import Assistant
from assistant.doors.page.project_panel import chips_html, project_html
from assistant.doors.page.sessions import Session
from assistant.doors.page.shown import CONTEXT_KEYS, Answer, ProjectContext, ProjectSource
from assistant.doors.page.sources_panel import sources_html
from assistant.doors.page.talk import STOPPED, Message, as_typed, number_at, running_messages, to_messages
from assistant.errors import GnomonError

SECONDS_BETWEEN_VIEWS = 0.08  # each view sends the whole talk again, so not one per token
ONE_AT_A_TIME = "One question at a time: wait for the answer, or stop it."


@dataclass(frozen=True)
class View:
    """The parts of the page that change; None leaves a part as it is."""

    messages: list[Message] | None = None
    chips: str | None = None
    project: str | None = None
    sources: str | None = None
    status: str | None = None
    draft: str | None = None
    running: bool | None = None


class Handlers:
    """The page's behaviour over one Assistant; all state is in the Session that is passed in."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._actions: dict[str, Callable[[Session, str], Iterator[View]]] = {
            "ask": self.ask,
            "answer": self._answer,
            "remove": self._remove,
            "restore": self._restore,
            "module": self._module,
            "sample": self._sample,
            "turn": self._show_turn,
            "unhide": self._unhide,
            "forget": self._forget,
            "stop": self._stop,
            "refresh": self._refresh,
        }

    def whole(self, session: Session, status: str = "") -> View:
        """Everything as the session has it: after a load, a reload, an upload."""
        return replace(self._panels(session), messages=self._messages(session), status=status, running=session.answering)

    def ask(self, session: Session, text: str) -> Iterator[View]:
        """Stream the answer to a question into the talk."""
        if not text.strip():
            return
        if not _begin(session):
            yield View(status=ONE_AT_A_TIME)
            return
        generation = session.generation
        try:
            before = self._messages(session)
            yield View(messages=[*before, *running_messages(text, "")], status="Searching the methodologies.", draft="", running=True)
            yield from self._stream(session, text, before, generation)
        finally:
            session.answering = False
        yield replace(self.whole(session), status=_announce(session), running=False)

    def act(self, session: Session, name: str, value: str) -> Iterator[View]:
        """One press of a button on a panel; an unknown one does nothing."""
        action = self._actions.get(name)
        if action is not None:
            yield from action(session, value)

    def retry(self, session: Session, index: int | Sequence[int]) -> Iterator[View]:
        """Ask the question of this message again; what came after it goes."""
        question = self._cut(session, index)
        yield from self.ask(session, question) if question else [self._unchanged(session)]

    def edit(self, session: Session, index: int | Sequence[int], text: str) -> Iterator[View]:
        """Ask a changed question in place of the one in this message."""
        question = self._cut(session, index) if text.strip() else None
        yield from self.ask(session, as_typed(text)) if question else [self._unchanged(session)]

    def undo(self, session: Session, index: int | Sequence[int]) -> Iterator[View]:
        """Take the question of this message back into the field."""
        question = self._cut(session, index)
        yield replace(self.whole(session, "The last question was taken back."), draft=question) if question else self._unchanged(session)

    def clear(self, session: Session) -> Iterator[View]:
        """A new talk about the same project."""
        session.clear_talk()
        yield self.whole(session, "A new conversation. The project stays.")

    def open_project(self, session: Session, read: Callable[[], ProjectContext]) -> None:
        """Take in the project that `read` opens. A refusal is kept as the session's message, and the project before stays."""
        try:
            context, changed = self._assistant.second_upload(session.context, read())
            session.open_project(context, self._assistant.first_look(context))
            if changed:
                session.add(plain="Since the upload before:\n\n" + "\n".join(f"- {sentence}" for sentence in changed))
        except GnomonError as error:
            session.message = str(error)

    def _stream(self, session: Session, text: str, before: list[Message], generation: int) -> Iterator[View]:
        """Views while the answer comes; the entry is added at the end, and what had come when it was stopped."""
        said, shown_at = "", time.monotonic()
        try:
            for piece in self._assistant.ask(text, session.conversation(), session.context):
                if session.generation != generation:
                    return
                if isinstance(piece, Answer):
                    session.add(text, piece)
                    return
                said += piece
                if session.stop:
                    break
                if time.monotonic() - shown_at >= SECONDS_BETWEEN_VIEWS:
                    shown_at = time.monotonic()
                    yield View(messages=[*before, *running_messages(text, said)])
            session.add(text, plain=f"{said}\n\n{STOPPED}".strip())
        except GnomonError as error:
            session.add(text, plain=f"{said}\n\n{error}".strip())

    def _answer(self, session: Session, value: str) -> Iterator[View]:
        key, _, chosen = value.partition("=")
        question = next((question for question in self._assistant.next_questions(session.context) if question.id == key), None)
        if question and (not chosen or chosen in [option.id for option in question.options]):
            session.set_answer(key, (chosen,) if chosen else ())
        yield self._panels(session)

    def _remove(self, session: Session, value: str) -> Iterator[View]:
        key, _, removed = value.partition("=")
        if key in CONTEXT_KEYS:
            session.set_answer(key, tuple(kept for kept in session.context.values(key) if kept != removed))
        yield replace(self._panels(session), status="Filter removed. It counts from the next question on.")

    def _restore(self, session: Session, key: str) -> Iterator[View]:
        session.forget_answer(key)
        yield replace(self._panels(session), status="Filter restored. It counts from the next question on.")

    def _module(self, session: Session, value: str) -> Iterator[View]:
        """Look at one service of a monorepo, or at the whole of it again."""
        if value in ("", *(choice.module for choice in self._assistant.services(session.context))):
            session.look_at(value)
        yield replace(self._panels(session), status="The filters are those of this service now." if value else "The whole repository counts again.")

    def _sample(self, session: Session, value: str) -> Iterator[View]:
        samples = self._assistant.samples()
        if value.isdecimal() and int(value) < len(samples):
            yield View(status="Reading the sample project.")
            self.open_project(session, lambda: self._assistant.open_project(samples[int(value)]))
        yield self.whole(session, "The sample project is open.")

    def _show_turn(self, session: Session, value: str) -> Iterator[View]:
        entry = session.entry(int(value) if value.isdecimal() else None)
        if entry:
            session.shown = entry.number
        yield View(sources=self._sources(session))

    def _unhide(self, session: Session, _value: str) -> Iterator[View]:
        entry = session.entry(session.shown)
        if entry and entry.question:
            session.set_answer("language", ())
            yield from self.ask(session, entry.question)

    def _forget(self, session: Session, _value: str) -> Iterator[View]:
        session.clear()
        yield replace(self.whole(session, "Your project and this conversation are deleted."), draft="")

    def _stop(self, session: Session, _value: str) -> Iterator[View]:
        session.stop = True
        yield View(status="Stopping.")

    def _refresh(self, session: Session, _value: str) -> Iterator[View]:
        yield self.whole(session, session.message or "The project is open.")

    def _cut(self, session: Session, index: int | Sequence[int]) -> str | None:
        """The talk cut before the question behind a message, and that question; None, and nothing cut, where there is none or an answer is on its way."""
        _, numbers = to_messages(session.entries, self._title)
        entry = session.entry(number_at(numbers, index))
        if entry is None or entry.question is None or session.answering:
            return None
        session.cut_from(entry.number)
        return entry.question

    def _unchanged(self, session: Session) -> View:
        return self.whole(session, ONE_AT_A_TIME if session.answering else "")

    def _panels(self, session: Session) -> View:
        questions = self._assistant.next_questions(session.context)
        return View(
            chips=chips_html(session.context),
            project=project_html(session.context, questions, session.message, self._assistant.services(session.context)),
            sources=self._sources(session),
        )

    def _sources(self, session: Session) -> str:
        return sources_html(session.entry(session.shown), self._assistant.passage, session.context)

    def _messages(self, session: Session) -> list[Message]:
        return to_messages(session.entries, self._title)[0]

    def _title(self, passage_id: str) -> str:
        passage = self._assistant.passage(passage_id)
        return passage.title if passage.heading == passage.title else f"{passage.title} > {passage.heading}"


def _begin(session: Session) -> bool:
    """Whether this session may start an answer; it then may not start another."""
    with session.lock:
        if session.answering:
            return False
        session.answering, session.stop = True, False
        return True


def _announce(session: Session) -> str:
    """What a screen reader hears at the end of an answer."""
    last = session.entries[-1] if session.entries else None
    if last is None or last.answer is None:
        return last.plain if last else ""
    own = sum(isinstance(source, ProjectSource) for source in last.answer.sources)
    cited = len(last.answer.sources) - own
    where = f" and {own} {'place' if own == 1 else 'places'} in your code" if own else ""
    return f"Answer ready, {cited} {'source' if cited == 1 else 'sources'}{where}." if cited or own else "Answer ready, without sources."
