"""Which form of answer a question asks for. In: a question. Out: a shape, its aspects, and the language of a pasted snippet. Rules only, no model."""

import re
from typing import Literal

Shape = Literal["plain", "which-of", "how-to", "why-does", "error-text", "snippet", "checklist", "design"]

FENCED = re.compile(r"```(\w*)\n(.*?)(?:```|\Z)", re.DOTALL)
CHECKLIST = re.compile(
    r"\bcheck-?lists?\b|\bwhat (?:should|do|must) (?:i|we) (?:check|verify|review|look (?:at|for))\b"
    r"|\bbefore (?:we )?(?:go(?:ing)? live|production|merg|releas|deploy)",
    re.IGNORECASE,
)
DESIGN = re.compile(
    r"^\s*(?:please\s+|can you\s+|help me\s+|how would you\s+)*(?:design|architect|propose|sketch|draft|plan)\b(?: me| us)?\s+(?:an?|the|our|my|out)\s"
    r"[^.?!]*\b(?:service|system|api|backend|worker|pipeline|gateway|server|platform|app(?:lication)?)\b"
    r"|\b(?:i|we) (?:need|want|have|plan) to (?:build|design) an? [^.?!]*\b(?:service|system|api|backend|worker|pipeline|gateway|server)\b",
    re.IGNORECASE,
)
WHICH_OF = re.compile(
    r"\b(?:vs\.?|versus|compared (?:to|with)|which (?:one|of)|better than|difference between|pros and cons|trade-?offs?)\b|^[^.?!]{3,80}\bor\b[^.?!]{2,60}\?",
    re.IGNORECASE,
)
WHY = re.compile(r"^\W*(?:why|how come|what (?:causes|makes)|what is the reason)\b|\bwhy (?:does|do|is|are|did|was|would|it|this)\b", re.IGNORECASE)
HOW = re.compile(r"^\W*(?:how (?:do|can|should|to|would|must)\b|what(?:'s| is) the (?:best|right|proper|idiomatic) way\b|show me\b|implement\b)", re.IGNORECASE)
ERROR_TEXT = re.compile(
    r"\berror\[E\d{4}\]|\bSQLSTATE\b|^\W*(?:panic|fatal error|error|fatal|warning|deadlock)\s*:|\bthread '[^']*'[^\n]* panicked|\brpc error: "
    r"|\bgoroutine \d+ \["
    r"|\(error\) [A-Z]+|: (?:no such|undefined|cannot|unexpected|connection re|too many|invalid|context (?:canceled|deadline))",
    re.IGNORECASE | re.MULTILINE,
)
CODE_LINE = re.compile(
    r"[;{}]\s*(?://.*)?$|:=|^\s*(?:func|fn|pub|let|use|import|package|type|struct|impl|return|if|for|match|defer|go|SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER)\b.*[({;=]"
    r"|\w\.\w+\(.*\)|\?;|^\s*SELECT\b.+\bFROM\b",
    re.MULTILINE,
)
# What only one language writes; the snippet belongs to the language with most of its marks.
SYNTAX = {
    "go": re.compile(r":=|\bfunc\b|err != nil|\bdefer \w|\bgo func|<-|\bchan\b|\bpackage \w+|\bnil\b|\[\]\w|map\[|\brange\b|\bfmt\.|\bctx\b,"),
    "rust": re.compile(
        r"\blet (?:mut )?\w|\bfn \w|::|\.await\b|&mut\b|=>|\bimpl\b|\?;|\bpub (?:fn|struct|enum|async)|\bOk\(|\bErr\(|\bSome\(|\bmatch \w|\w!\(|\.unwrap\(\)"
    ),
    "sql": re.compile(
        r"\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b|\bCREATE (?:UNIQUE )?(?:INDEX|TABLE)\b|\bALTER TABLE\b",
        re.IGNORECASE | re.DOTALL,
    ),
    "python": re.compile(r"^\s*(?:def|class) \w+.*:\s*$|\bself\.|\bimport \w+$|\bNone\b|\belif\b|^\s*async def\b|\bprint\(", re.M),
    "javascript": re.compile(r"\bconst \w+ =|\bfunction\b|\brequire\(|=== |\bconsole\.|\bundefined\b|\bexport (?:default|const)|\basync \("),
    "java": re.compile(r"\bpublic (?:class|static|void|final)|\bprivate final\b|@Autowired|\bSystem\.out|\bnew \w+<|\bthrows \w+"),
}
MOST_ASPECTS = 3
FEWEST_ASPECT_WORDS = 3
# A second question in the same sentence: "..., and how do I ...".
NEXT_ASPECT = re.compile(
    r"(?<=[?;])\s+|\n+|,?\s+\b(?:and also|and|also|plus)\s+(?=(?:how|what|which|where|when|why|who|should|can|do|does|is|are)\b)", re.IGNORECASE
)
ASKS = re.compile(r"\b(?:how|what|which|where|when|why|who|should|can|do|does|is|are)\b", re.IGNORECASE)


def shape_of(question: str) -> Shape:
    """The form of answer that the question asks for."""
    if ERROR_TEXT.search(question):
        return "error-text"
    if snippet_of(question):
        return "snippet"
    for shape, pattern in _PATTERNS.items():
        if pattern.search(question):
            return shape
    return "plain"


_PATTERNS: dict[Shape, re.Pattern[str]] = {"design": DESIGN, "checklist": CHECKLIST, "why-does": WHY, "which-of": WHICH_OF, "how-to": HOW}


def snippet_of(question: str) -> str:
    """The pasted code in a question; empty when there is none."""
    if fenced := FENCED.search(question):
        return fenced[2].strip()
    lines = [line for line in question.splitlines() if CODE_LINE.search(line)]
    return "\n".join(lines) if len(lines) > 1 or (lines and len(SYNTAX_ANY.findall(lines[0])) > 1) else ""


SYNTAX_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for name, pattern in SYNTAX.items() if name in ("go", "rust")) + r"|[{};]")


def snippet_language(question: str) -> str | None:
    """The language that pasted code is written in; None without code or without a clear sign."""
    if (fenced := FENCED.search(question)) and fenced[1]:
        return {"golang": "go", "rs": "rust", "js": "javascript", "ts": "javascript", "py": "python"}.get(fenced[1].lower(), fenced[1].lower())
    code = snippet_of(question)
    marks = {name: len(pattern.findall(code)) for name, pattern in SYNTAX.items()} if code else {}
    best = max(marks, key=lambda name: marks[name], default=None)
    return best if best and marks[best] and list(marks.values()).count(marks[best]) == 1 else None


def split_aspects(question: str) -> tuple[str, ...]:
    """The questions inside one question, in order; one when it asks one thing, or holds code or an error text."""
    if shape_of(question) in ("snippet", "error-text", "design"):
        return (question,)
    parts = [part.strip(" ,;") for part in NEXT_ASPECT.split(question)]
    asked = [part for part in parts if len(part.split()) >= FEWEST_ASPECT_WORDS and (ASKS.search(part) or part.endswith("?"))]
    return tuple(asked[:MOST_ASPECTS]) if len(asked) > 1 else (question,)
