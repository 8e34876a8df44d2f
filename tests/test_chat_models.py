"""A chat model over real sockets, against a server that misbehaves on demand."""

import pytest

from assistant.chat_models import PROVIDERS, Message, estimate_tokens, open_chat_model
from assistant.errors import ModelFailed, SettingError
from assistant.local_model import LocalServer
from tests.model_server import misbehaving_server

ASKED = [Message("system", "rules"), Message("user", "How do I stop a slow client?")]


@pytest.fixture
def server():
    with misbehaving_server() as seen:
        yield seen


@pytest.fixture
def ask(server, tmp_path):
    """ask("mode") -> the pieces until the end; raises what ends the stream."""

    def stream(mode, seconds=10.0):
        model = open_chat_model(f"compatible:{mode}", server.address, seconds, LocalServer(tmp_path), {})
        return model.stream(ASKED)

    return stream


def test_the_pieces_make_the_whole_reply(ask, server):
    pieces = list(ask("good"))
    assert "".join(pieces).strip() == server.reply
    assert [row["role"] for row in server.requests[0]["messages"]] == ["system", "user"]
    assert server.requests[0]["max_tokens"] > 0


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("denied", "refused the key (401)"),
        ("unknown", "is not known to the endpoint (404)"),
        ("busy", "over its limit (429). It asks to wait 7 seconds."),
        ("busy-unsaid", "over its limit (429). Try again in a minute."),
        ("down", "failed on its own side (500)"),
        ("refusing", "refused the request (400)"),
        ("empty", "answered with nothing"),
        ("broken", "broke off before its end"),
        ("garbage", "sent something that is no answer"),
        ("endless", "did not stop writing"),
    ],
)
def test_every_failure_is_one_plain_sentence(ask, mode, said):
    with pytest.raises(ModelFailed) as caught:
        list(ask(mode))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_a_server_that_hangs_ends_at_the_deadline(ask, server):
    with pytest.raises(ModelFailed, match=r"took longer than 0\.5 seconds"):
        list(ask("silent", seconds=0.5))
    assert server.closed.wait(5)


def test_what_came_before_the_stream_broke_is_handed_on(ask):
    pieces = []
    with pytest.raises(ModelFailed):
        for piece in ask("broken"):
            pieces.append(piece)
    assert "".join(pieces) == "Set the header "


def test_a_servers_error_is_tried_again_twice_and_then_works(ask, server):
    assert "".join(ask("flaky")).strip() == server.reply
    assert len(server.requests) == 3


def test_a_servers_error_is_tried_three_times_at_most(ask, server):
    with pytest.raises(ModelFailed):
        list(ask("down"))
    assert len(server.requests) == 3


@pytest.mark.parametrize("mode", ["denied", "busy", "unknown"])
def test_what_will_not_get_better_is_not_tried_again(ask, server, mode):
    with pytest.raises(ModelFailed):
        list(ask(mode))
    assert len(server.requests) == 1


@pytest.mark.parametrize("mode", ["silent", "stalling", "endless"])
def test_closing_the_stream_closes_the_request_upstream(ask, server, mode):
    pieces = ask(mode)
    next(pieces)
    pieces.close()
    assert server.closed.wait(5)


def test_a_silent_server_still_hands_control_back(ask):
    pieces = ask("silent")
    assert [next(pieces) for _ in range(3)] == ["", "", ""]
    pieces.close()


def test_nobody_listening_is_said_plainly(tmp_path):
    model = open_chat_model("compatible:x", "http://127.0.0.1:9/v1", 10.0, LocalServer(tmp_path), {})
    with pytest.raises(ModelFailed, match=r"connection .* could not be made"):
        list(model.stream(ASKED))


@pytest.mark.parametrize(
    ("wanted", "url", "said"),
    [
        ("gpt", None, "is not provider:name"),
        ("nobody:x", None, "Providers are compatible, openai, anthropic, ollama, local"),
        ("openai:gpt", None, "Set OPENAI_API_KEY"),
        ("anthropic:claude", None, "Set ANTHROPIC_API_KEY"),
        ("compatible:qwen", None, "Set GNOMON_MODEL_URL"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_what_to_set(tmp_path, wanted, url, said):
    with pytest.raises(SettingError, match=said):
        open_chat_model(wanted, url, None, LocalServer(tmp_path), {})


def test_no_model_is_no_error(tmp_path):
    assert open_chat_model("", None, None, LocalServer(tmp_path), {}) is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_row_of_the_table_makes_a_client(provider, tmp_path):
    row = PROVIDERS[provider]
    made = pytest.importorskip(row.module)
    client = getattr(made, row.client)(**row.arguments("name", "http://127.0.0.1:9", "key", row.limits))
    assert client.get_name()


def test_a_key_never_shows_in_a_models_words(server, tmp_path):
    model = open_chat_model("openai:denied", server.address, 10.0, LocalServer(tmp_path), {"OPENAI_API_KEY": "sk-very-secret"})
    with pytest.raises(ModelFailed) as caught:
        list(model.stream(ASKED))
    assert "secret" not in str(caught.value) + repr(model) + model.name


def test_the_estimate_of_tokens_is_on_the_safe_side(embedder):
    text = "The zero value means no timeout, and `http.ListenAndServe` uses it.\n" * 20
    assert estimate_tokens(text) >= len(text.split())


def test_the_embedded_model_without_its_packages_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.local_model.PART_PACKAGE", "no-such-model-part{}")
    with pytest.raises(ModelFailed, match="make model"):
        LocalServer(tmp_path).address()


def test_weights_that_are_not_the_pinned_ones_are_refused(tmp_path, monkeypatch):
    part = tmp_path / "part01.bin"
    part.write_bytes(b"other weights")
    monkeypatch.setattr("assistant.local_model._part_files", lambda: [part])
    with pytest.raises(ModelFailed, match="not the pinned ones"):
        LocalServer(tmp_path / "data").address()
    assert list((tmp_path / "data" / "models").glob("*.gguf")) == []
