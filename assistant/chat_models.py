"""Chat models behind one protocol and one table. In: `provider:name` and the environment's keys. Out: a ChatModel that streams text or raises ModelFailed.

LangChain's clients do the talking. Everything that can go wrong with an endpoint becomes one plain sentence here; stopping closes the upstream request.
"""

import asyncio
import importlib
import math
import os
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from assistant.errors import ModelFailed, SettingError
from assistant.local_model import LocalServer

DELTA_SECONDS = 0.07  # deltas are handed on every 50 to 100 ms
MOST_RETRIES = 2
RETRY_SECONDS = 0.3  # doubled each time, with jitter
CONNECT_SECONDS = 5.0
BYTES_PER_TOKEN = 3  # a safe estimate: English prose and code take three to five bytes a token
MOST_REPLY_CHARS = 20_000  # far above what is asked for: who writes more does not stop


@dataclass(frozen=True)
class Message:
    """One message to a model."""

    role: Literal["system", "user"]
    text: str


@dataclass(frozen=True)
class ModelLimits:
    """What one call may take: tokens in and out, and seconds until the answer without a model stands."""

    prompt_tokens: int = 6_000
    reply_tokens: int = 900
    passages: int = 6
    deadline_seconds: float = 60.0


class ChatModel(Protocol):
    """What writes: a stream of text pieces. An empty piece says that it is still waiting; closing the stream cancels the request."""

    name: str
    limits: ModelLimits

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Pieces of the reply every 50 to 100 ms. Raises ModelFailed with one plain sentence."""


@dataclass(frozen=True)
class Provider:
    """One row of the table: how a client is made, where its key comes from, what is missing without its package."""

    id: str
    module: str
    client: str
    package: str
    key_variable: str = ""
    key_required: bool = False
    url_required: bool = False
    default_url: str | None = None
    limits: ModelLimits = field(default_factory=ModelLimits)
    arguments: Callable[[str, str | None, str, ModelLimits], dict[str, Any]] = lambda name, _url, _key, _limits: {"model": name}


def _openai(name: str, url: str | None, key: str, limits: ModelLimits) -> dict[str, Any]:
    # `max_tokens` in the body is what every compatible server reads; a key must be given even where none is asked for.
    extra = {"model": name, "api_key": key or "none", "max_retries": 0, "timeout": limits.deadline_seconds, "temperature": 0, "use_responses_api": False}
    return extra | ({"base_url": url, "extra_body": {"max_tokens": limits.reply_tokens}} if url else {"max_tokens": limits.reply_tokens})


def _anthropic(name: str, url: str | None, key: str, limits: ModelLimits) -> dict[str, Any]:
    made = {"model": name, "api_key": key, "max_retries": 0, "timeout": limits.deadline_seconds, "temperature": 0, "max_tokens": limits.reply_tokens}
    return made | ({"base_url": url} if url else {})


def _ollama(name: str, url: str | None, _key: str, limits: ModelLimits) -> dict[str, Any]:
    return {"model": name, "base_url": url, "temperature": 0, "num_predict": limits.reply_tokens, "client_kwargs": {"timeout": limits.deadline_seconds}}


LOCAL_LIMITS = ModelLimits(prompt_tokens=1_200, reply_tokens=160, passages=3, deadline_seconds=30.0)
PROVIDERS = {
    row.id: row
    for row in (
        Provider("compatible", "langchain_openai", "ChatOpenAI", "langchain-openai", "OPENAI_COMPATIBLE_KEY", url_required=True, arguments=_openai),
        Provider("openai", "langchain_openai", "ChatOpenAI", "langchain-openai", "OPENAI_API_KEY", key_required=True, arguments=_openai),
        Provider("anthropic", "langchain_anthropic", "ChatAnthropic", "langchain-anthropic", "ANTHROPIC_API_KEY", key_required=True, arguments=_anthropic),
        Provider("ollama", "langchain_ollama", "ChatOllama", "langchain-ollama", default_url="http://127.0.0.1:11434", arguments=_ollama),
        Provider("local", "langchain_openai", "ChatOpenAI", "langchain-openai", limits=LOCAL_LIMITS, arguments=_openai),
    )
}


def open_chat_model(
    wanted: str | None, url: str | None, deadline_seconds: float | None, local: LocalServer, environment: Mapping[str, str] | None = None
) -> ChatModel | None:
    """The model of GNOMON_MODEL; None when none is wanted. Raises SettingError for one that cannot be."""
    if not wanted:
        return None
    environment = os.environ if environment is None else environment
    provider_id, _, name = wanted.partition(":")
    provider = PROVIDERS.get(provider_id)
    if provider is None or not (name or provider_id == "local"):
        raise SettingError(f"GNOMON_MODEL={wanted!r} is not provider:name. Providers are {', '.join(PROVIDERS)}; for example GNOMON_MODEL=ollama:qwen3:8b.")
    key = environment.get(provider.key_variable, "") if provider.key_variable else ""
    if provider.key_required and not key:
        raise SettingError(f"GNOMON_MODEL={wanted!r} needs a key. Set {provider.key_variable} in the environment.")
    url = url or provider.default_url
    if provider.url_required and not url:
        raise SettingError(f"GNOMON_MODEL={wanted!r} needs an address. Set GNOMON_MODEL_URL, for example http://127.0.0.1:8000/v1.")
    limits = provider.limits if deadline_seconds is None else ModelLimits(**{**vars(provider.limits), "deadline_seconds": deadline_seconds})
    if provider_id == "local":
        return LangChainModel(provider, name or "qwen2.5-coder-1.5b-instruct", local.address, key, limits, local.stop)
    return LangChainModel(provider, name, lambda: url, key, limits)


def estimate_tokens(text: str) -> int:
    """At most how many tokens a text takes, whatever the model's tokenizer."""
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


class LangChainModel:
    """A provider's client of LangChain, on an event loop of its own so that a request can be cancelled at any moment."""

    def __init__(
        self,
        provider: Provider,
        name: str,
        address: Callable[[], str | None],
        key: str,
        limits: ModelLimits,
        after_timeout: Callable[[], None] = lambda: None,  # a process of ours that hangs is ended and started anew
    ) -> None:
        self.name, self.limits = f"{provider.id}:{name}", limits
        self._provider, self._model, self._address, self._key = provider, name, address, key
        self._after_timeout = after_timeout
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None
        self._client_url: str | None = None

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Pieces of the reply every 50 to 100 ms. Raises ModelFailed with one plain sentence."""
        client = self._open_client()
        events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        running = asyncio.run_coroutine_threadsafe(self._pump(client, messages, events), self._running_loop())
        try:
            yield from _coalesce(events)
        finally:
            running.cancel()

    def _open_client(self) -> Any:
        url = self._address()
        with self._lock:
            if self._client is None or url != self._client_url:
                try:
                    module = importlib.import_module(self._provider.module)
                except ImportError as error:
                    raise ModelFailed(f"{self.name} needs the package {self._provider.package}. Run: pip install {self._provider.package}") from error
                self._client = getattr(module, self._provider.client)(**self._provider.arguments(self._model, url, self._key, self.limits))
                self._client_url = url
            return self._client

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="chat-model", daemon=True).start()
            return self._loop

    async def _pump(self, client: Any, messages: Sequence[Message], events: "queue.SimpleQueue[Any]") -> None:
        """Put pieces of text on the queue, then None or the ModelFailed that ended them."""
        try:
            async with asyncio.timeout(self.limits.deadline_seconds):
                await self._read_with_retries(client, messages, events)
            events.put(None)
        except TimeoutError:
            self._after_timeout()
            events.put(ModelFailed(f"{self.name} took longer than {self.limits.deadline_seconds:g} seconds, so the request was stopped."))
        except ModelFailed as error:
            events.put(error)
        except Exception as error:  # a client library may raise anything; the sentence is made in one place
            events.put(explain_failure(self.name, error))

    async def _read_with_retries(self, client: Any, messages: Sequence[Message], events: "queue.SimpleQueue[Any]") -> None:
        """Read the stream; a server's error before the first word is tried again at most twice."""
        said: list[str] = []
        for attempt in range(MOST_RETRIES + 1):
            try:
                await self._read(client, messages, events, said)
                return
            except Exception as error:
                if attempt == MOST_RETRIES or said or not _is_passing(error):
                    raise
                await asyncio.sleep(RETRY_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311  jitter

    async def _read(self, client: Any, messages: Sequence[Message], events: "queue.SimpleQueue[Any]", said: list[str]) -> None:
        """One request: pieces go to the queue and to `said`. Raises what the client raises, and ModelFailed for a stream that is none."""
        length, is_finished = 0, False
        async for chunk in client.astream([(message.role, message.text) for message in messages]):
            text = chunk.text if isinstance(chunk.text, str) else chunk.text()
            is_finished = is_finished or bool(FINISH_KEYS & {key for key, value in chunk.response_metadata.items() if value})
            if text:
                events.put(text)
                said.append(text)
                length += len(text)
            if length > MOST_REPLY_CHARS:
                raise ModelFailed(f"{self.name} did not stop writing, so it was cut off after {MOST_REPLY_CHARS:,} characters.")
        if not said:
            raise ModelFailed(f"{self.name} answered with nothing. Ask again, or choose another model with GNOMON_MODEL.")
        if not is_finished:
            raise ModelFailed(f"The stream of {self.name} broke off before its end.")


FINISH_KEYS = {"finish_reason", "stop_reason", "done_reason"}


def _coalesce(events: "queue.SimpleQueue[Any]") -> Iterator[str]:
    """Join what comes within one interval; an empty piece when nothing came. Raises what ended the stream."""
    while True:
        text, until = "", time.monotonic() + DELTA_SECONDS
        while (left := until - time.monotonic()) > 0:
            try:
                event = events.get(timeout=left)
            except queue.Empty:
                break
            if not isinstance(event, str):
                if text:
                    yield text
                if event is not None:
                    raise event
                return
            text += event
        yield text


def _is_passing(error: BaseException) -> bool:
    """Whether trying again may help: a server's own error, or a connection that broke before it answered."""
    status = getattr(error, "status_code", None)
    return status >= 500 if isinstance(status, int) else _is_connection(error)


def _is_connection(error: BaseException) -> bool:
    kinds = {kind.__name__ for each in (error, error.__cause__, error.__context__) if each for kind in type(each).__mro__}
    return bool(kinds & {"ConnectError", "APIConnectionError", "ConnectionError", "RemoteProtocolError", "ReadError", "NetworkError"})


def explain_failure(name: str, error: BaseException) -> ModelFailed:
    """One plain sentence for whatever a client raised; the endpoint's own words, which may hold a key, are left out."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status > 0:
        return ModelFailed(f"{name} {_explain_status(status, error)}")
    if "Timeout" in type(error).__name__:
        return ModelFailed(f"{name} did not answer in time.")
    if _is_connection(error):
        return ModelFailed(f"The connection to {name} could not be made, or broke. Is the server running, and is GNOMON_MODEL_URL right?")
    if isinstance(error, ValueError):  # JSON that is none
        return ModelFailed(f"{name} sent something that is no answer of a chat model. Look at GNOMON_MODEL_URL: it usually ends in /v1.")
    return ModelFailed(f"{name} failed ({type(error).__name__}). gnomon doctor tries it and says more.")


STATUSES = {
    401: "refused the key (401). Set the right one in the environment; gnomon doctor names the variable.",
    403: "refused the key (403). Set the right one in the environment; gnomon doctor names the variable.",
    404: "is not known to the endpoint (404). Look at the name in GNOMON_MODEL and the address in GNOMON_MODEL_URL.",
}


def _explain_status(status: int, error: BaseException) -> str:
    if status in STATUSES:
        return STATUSES[status]
    if status == 429:
        response = getattr(error, "response", None)
        wait = response.headers.get("retry-after", "") if response is not None else ""
        return "is over its limit (429). " + (f"It asks to wait {wait} seconds." if wait.isdigit() else "Try again in a minute.")
    if status >= 500:
        return f"failed on its own side ({status}), also when tried again. Try later, or choose another model."
    return f"refused the request ({status}). Look at the name in GNOMON_MODEL; gnomon doctor tries it."
