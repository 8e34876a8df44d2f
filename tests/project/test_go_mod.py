import pytest

from assistant.project.go_mod import parse_go_mod

WHOLE = """\
// Deprecated: use example.com/shop/v2 instead.
module "example.com/shop" // the shop

go 1.24.0
toolchain go1.26.1
godebug default=go1.21
tool golang.org/x/tools/cmd/stringer

require github.com/gin-gonic/gin v1.12.0
require (
\tgithub.com/jackc/pgx/v5 v5.10.0
\t`github.com/lib/pq` v1.10.9 // indirect
\tgithub.com/redis/go-redis/v9 v9.7.0 //indirect; kept for the tests
\tgo.uber.org/zap v1.27.0 // indirectly useful
) // end

replace (
\tgithub.com/gin-gonic/gin v1.12.0 => ../gin
\texample.com/a => example.com/b v1.0.0
)
exclude example.com/bad v1.0.0
retract [v1.0.0, v1.1.0] // broken
ignore ./node_modules
"""


def test_every_directive_is_read_by_its_grammar():
    module = parse_go_mod(WHOLE)
    assert (module.path, module.line, module.go_version, module.go_line) == ("example.com/shop", 2, "1.24.0", 4)
    assert module.tools == ("golang.org/x/tools/cmd/stringer",)
    assert [(each.path, each.version, each.indirect, each.line) for each in module.requirements] == [
        ("github.com/gin-gonic/gin", "v1.12.0", False, 9),
        ("github.com/jackc/pgx/v5", "v5.10.0", False, 11),
        ("github.com/lib/pq", "v1.10.9", True, 12),
        ("github.com/redis/go-redis/v9", "v9.7.0", True, 13),
        ("go.uber.org/zap", "v1.27.0", False, 14),
    ]


def test_the_text_of_a_requirement_is_its_real_line():
    assert parse_go_mod(WHOLE).requirements[1].text == "github.com/jackc/pgx/v5 v5.10.0"


def test_a_package_belongs_to_the_requirement_with_the_longest_path():
    module = parse_go_mod("module m\nrequire (\n a.example/x v1.0.0\n a.example/x/sub v1.2.0\n)\n")
    assert module.requirement_of("a.example/x/sub/deep").version == "v1.2.0"
    assert module.requirement_of("a.example/xy") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no module line", id="empty"),
        pytest.param("go 1.26\nrequire a.example/x v1\n", "no module line", id="no module"),
        pytest.param("module m\nrequire (\n a.example/x v1\n", "require block is not closed", id="open block"),
    ],
)
def test_what_is_no_go_mod_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_go_mod(text)


@pytest.mark.parametrize("text", ["module m\nrequire x\n", "module m\nshiny new => thing\n", 'module m\nrequire "open v1\n', "module m\n)\n"])
def test_a_line_that_go_would_not_take_does_not_lose_the_rest(text):
    assert parse_go_mod(f"{text}go 1.26\n").go_version == "1.26"
