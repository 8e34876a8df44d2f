"""Who is asking, and what belongs to them. In: a signed cookie. Out: the Session behind it, held in memory, bounded and with an expiry."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assistant.doors.page.shown import Answer, Conversation, ProjectContext

COOKIE = "gnomon_session"
MOST_SESSIONS = 500  # the longest unused one goes first
MOST_TREE_CHARS = 400_000_000  # of all source trees together; the longest unused ones go first, the facts and cited lines stay
MOST_STREAMS = 5_000  # event streams whose owner is remembered
MOST_ENTRIES = 200  # of one conversation; the oldest go first, so that a page left open for weeks stays small


@dataclass(frozen=True)
class Entry:
    """One row of the talk: a question and its answer, the assistant's own opening (no question), or a plain sentence (no answer)."""

    number: int
    question: str | None = None
    answer: Answer | None = None
    plain: str = ""


@dataclass
class Session:
    """Everything of one visitor; handlers change it under `lock`."""

    context: ProjectContext = field(default_factory=ProjectContext)
    entries: tuple[Entry, ...] = ()
    shown: int | None = None  # the entry whose sources are on display
    message: str = ""  # what the last try to open a project ended with, when it failed
    answering: bool = False
    stop: bool = False
    used: float = 0.0
    numbered: int = 0
    generation: int = 0  # grows when rows are taken out, so that an answer on its way is not added to a talk it no longer belongs to
    tree_chars: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def conversation(self) -> Conversation:
        """The turns as the assistant wants them."""
        talk = Conversation()
        for entry in self.entries:
            if entry.question is not None and entry.answer is not None:
                talk = talk.with_turn(entry.question, entry.answer)
        return talk

    def add(self, question: str | None = None, answer: Answer | None = None, plain: str = "") -> Entry:
        """A new last entry; its sources are shown when it has an answer."""
        with self.lock:
            self.numbered += 1
            entry = Entry(self.numbered, question, answer, plain)
            self.entries = (*self.entries, entry)[-MOST_ENTRIES:]
            if answer is not None:
                self.shown = entry.number
            return entry

    def cut_from(self, number: int) -> Entry | None:
        """Take out the entry of this number and all later ones; the entry is returned."""
        with self.lock:
            found = self.entry(number)
            self.generation += 1
            self.entries = tuple(entry for entry in self.entries if entry.number < number)
            answered = [entry.number for entry in self.entries if entry.answer]
            self.shown = answered[-1] if answered else None
            return found

    def entry(self, number: int | None) -> Entry | None:
        """The entry of this number, if it is still there."""
        return next((entry for entry in self.entries if entry.number == number), None)

    def open_project(self, context: ProjectContext, opening: Answer) -> None:
        """Take a project in and open the talk about it; what the user answered before stays answered only within one project."""
        with self.lock:
            self.context, self.message = context, ""
            self.tree_chars = sum(map(len, context.tree.texts.values())) if context.tree else 0
            self.add(answer=opening)

    def drop_tree(self) -> None:
        """Let go of the source code; facts and cited lines stay."""
        with self.lock:
            self.context, self.tree_chars = replace(self.context, tree=None), 0

    def clear_talk(self) -> None:
        """An empty talk about the same project."""
        with self.lock:
            self.entries, self.shown = (), None
            self.generation += 1

    def clear(self) -> None:
        """Nothing of the visitor is left."""
        with self.lock:
            self.clear_talk()
            self.context, self.message, self.tree_chars = ProjectContext(), "", 0

    def set_answer(self, key: str, values: tuple[str, ...]) -> None:
        """The user's word on one key of the context."""
        with self.lock:
            self.context = self.context.with_answer(key, values)

    def look_at(self, module: str) -> None:
        """One module of the project from now on, or all of it."""
        with self.lock:
            self.context = self.context.with_module(module)

    def forget_answer(self, key: str) -> None:
        """Back to what was detected for this key."""
        with self.lock:
            self.context = replace(self.context, answers={name: values for name, values in self.context.answers.items() if name != key})


class Sessions:
    """The sessions of this process. An id is random, signed, and given out once; a forged or unknown one gets nothing of anybody."""

    def __init__(self, hours: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = hours * 3600
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._held: OrderedDict[str, Session] = OrderedDict()
        self._streams: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def new_cookie(self) -> str:
        """A fresh signed id; nothing is stored until its first use."""
        name = secrets.token_urlsafe(24)
        return f"{name}.{self._sign(name)}"

    def is_signed(self, cookie: str | None) -> bool:
        """Whether the cookie was given out by this process."""
        name, _, signature = (cookie or "").partition(".")
        return hmac.compare_digest(signature.encode(), self._sign(name).encode())

    def get(self, cookie: str | None) -> Session | None:
        """The session behind a cookie, made at its first use; None for a cookie that is not ours."""
        if not self.is_signed(cookie):
            return None
        with self._lock:
            self._drop_expired()
            session = self._held.setdefault(str(cookie), Session())
            session.used = self._clock()
            self._held.move_to_end(str(cookie))
            while len(self._held) > MOST_SESSIONS:
                self._held.popitem(last=False)
            self._drop_trees()
            return session

    def owns_stream(self, cookie: str | None, stream: str) -> bool:
        """Whether an event stream is this visitor's: its name is chosen by the browser, so the first who reads it keeps it."""
        with self._lock:
            owner = self._streams.setdefault(stream, str(cookie))
            while len(self._streams) > MOST_STREAMS:
                self._streams.popitem(last=False)
            return owner == cookie

    def _drop_expired(self) -> None:
        now = self._clock()
        for name, session in list(self._held.items()):
            if now - session.used <= self._seconds:
                break
            del self._held[name]

    def _drop_trees(self) -> None:
        total = 0
        for session in reversed(self._held.values()):
            total += session.tree_chars
            if session.tree_chars and total > MOST_TREE_CHARS:
                session.drop_tree()

    def _sign(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()
