"""Which language a question speaks of. In: a question. Out: go, rust or nothing, said by name or only implied."""

import re

# Said by name: outweighs the project. "go" alone is also a verb, so it needs a neighbour that makes it a language.
NAMED = {
    "go": re.compile(
        r"\b[Gg]olang\b|(?<=[\w,] )Go\b|\b[Gg]o (?:or|and|vs\.?|versus) [Rr]ust\b"
        r"|\b(?:in|our|the same in) go\b(?! (?:wrong|down|away|to|through|live|ahead|back|up|on))"
        r"|\b[Gg]o (?:service|code|version|handler|server|app|program|module|backend|project|side|one|equivalent|example)s?\b"
    ),
    "rust": re.compile(r"\b[Rr]ust\b"),
}
# Where somebody comes from is not where they are: "coming from Rust, is there ...?"
COMPARED = re.compile(
    r"\b(?:(?:coming|came|come|moved|moving|switched|switching|migrated|migrating|ported|porting) from|unlike|like in|as in|used to) (?:golang|go|rust)\b",
    re.IGNORECASE,
)
IMPLIED = {
    "go": re.compile(
        r"\b(?:goroutines?|gin|echo|fiber|chi|gorm|pgx|sqlc|errgroup|singleflight|go-redis|net/http|http\.[A-Z]\w+|ServeMux|ctx\.\w+|r\.Context|go\.mod|go vet"
        r"|gofmt|[Ww]ait[Gg]roup)\b|err != nil|:=|\bfunc\s*[\w(]"
    ),
    "rust": re.compile(
        r"\b(?:tokio|axum|actix(?:-web)?|rocket|tower(?:-http)?|diesel|cargo|clippy|serde|thiserror|anyhow|moka|redis-rs|borrow checker|IntoResponse"
        r"|Cargo\.toml)\b|error\[E\d{4}\]|\blet mut\b|\bfn \w+|\w::\w|\.await\b|\bimpl \w+|Arc<"
    ),
}
DANGLING = re.compile(r"\b(?:in|with|for|on|using)\s*(?=[,.?!;]|$)")


def named_language(question: str) -> str | None:
    """The one language that the question names ("in Rust", "our Go service"); None when it names none or both."""
    text = COMPARED.sub(" ", question)
    found = [language for language, pattern in NAMED.items() if pattern.search(text)]
    return found[0] if len(found) == 1 else None


def implied_language(question: str) -> str | None:
    """The one language that the question's tools or code belong to ("tokio", "goroutine"); None when none or both."""
    found = [language for language, pattern in IMPLIED.items() if pattern.search(question)]
    return found[0] if len(found) == 1 else None


def without_other_language(question: str, keep: str) -> str:
    """The question without names and tools of every language but `keep`, so that they do not pull the search back."""
    for language, named in NAMED.items():
        if language != keep:
            question = IMPLIED[language].sub(" ", named.sub(" ", question))
    return re.sub(r"\s+", " ", DANGLING.sub(" ", question)).replace(" ?", "?").strip()
