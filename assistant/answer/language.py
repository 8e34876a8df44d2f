"""Which language a question speaks of (go, rust or none), and the human language that it is written in. In: a question. Out: their names."""

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


# Words that are frequent in one language and are no English words; two of them, and more than English ones, say which language it is.
FREQUENT = {
    "de": "wie ich ist der das nicht eine einen mein wir und für mit warum kann soll werden auf von beim dem wenn welche welcher zwischen unsere",
    "fr": "comment je est les une pas pour avec pourquoi dans des mon notre nous quel quelle peut faut sur entre sont mes du le la quand",
    "es": "cómo como qué por el los una para con mi nuestro cuál puedo debo está cuando entre hacer del las un evitar son porque",
    "pt": "como que não uma para com meu nosso qual posso devo está quando entre fazer dos das um evitar são porque os",
    "it": "come che non una per con mio nostro quale posso devo quando tra fare della delle il gli perché sono dei",
    "pl": "jak nie jest dla mój nasz czy mogę kiedy między dlaczego który która przez się żeby mam",
    "nl": "hoe ik een het niet mijn onze waarom kan moet wanneer tussen voor welke wij zijn van naar",
}
ENGLISH = "the a an is are do does how what why which when where i we to of in for with and or not my our can should it this that on from if"
SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")), ("zh", re.compile("[\u4e00-\u9fff]")), ("ko", re.compile("[\uac00-\ud7af]")), ("ru", re.compile("[\u0400-\u04ff]")),
    ("other", re.compile("[\u0370-\u03ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]")),
)  # fmt: skip
OPENINGS = {
    "de": "Die Quellen liegen nur auf Englisch vor; diese Abschnitte passen am besten.",
    "fr": "Les sources n'existent qu'en anglais ; voici les passages les plus proches.",
    "es": "Las fuentes solo están en inglés; estos son los pasajes más cercanos.",
    "pt": "As fontes só existem em inglês; estes são os trechos mais próximos.",
    "it": "Le fonti sono solo in inglese; questi sono i passi più vicini.",
    "pl": "Źródła są tylko po angielsku; oto najbliższe fragmenty.",
    "nl": "De bronnen zijn alleen in het Engels; dit zijn de passages die het dichtst in de buurt komen.",
    "ru": "Источники есть только на английском; вот самые близкие фрагменты.",
    "zh": "资料只有英文版；以下是最接近的段落。",
    "ja": "資料は英語のみです。最も近い箇所を示します。",
    "ko": "자료는 영어로만 제공됩니다. 가장 가까운 부분은 다음과 같습니다.",
}
IN_ENGLISH = "I answer in English only; these are the passages nearest to your question."
FEWEST_FOREIGN_LETTERS = 4


def foreign_language(question: str) -> str | None:
    """The human language that a question is written in when it is not English; `other` when it is none of those known here."""
    for code, letters in SCRIPTS:
        if len(letters.findall(question)) >= FEWEST_FOREIGN_LETTERS:
            return code
    words = re.findall(r"[^\W\d_]+", question.lower())
    english = sum(word in ENGLISH.split() for word in words)
    counts = {code: sum(word in frequent.split() for word in words) for code, frequent in FREQUENT.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] >= 2 and counts[best] > english else None


def foreign_opening(language: str | None) -> str:
    """A polite sentence in the reader's language, and in English, before English passages; empty for an English question."""
    return f"{OPENINGS[language]} {IN_ENGLISH}" if language in OPENINGS else IN_ENGLISH if language else ""
