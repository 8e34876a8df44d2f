"""Search quality on labelled questions, printed by document, with floors. The floors are what was reached, less a margin; they only go up."""

from collections import Counter

import pytest

from assistant.conversation import Conversation, Turn
from assistant.evaluation import evaluate, read_questions
from assistant.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "tests" / "relevance" / "questions"
FEWEST_QUESTIONS = 10
FLOORS = {"ndcg@10": 0.85, "recall@5": 0.90, "hit@1": 0.80}


@pytest.fixture(scope="module")
def evaluation(assistant):
    def find(question):
        before = Conversation(tuple(Turn(turn) for turn in question.turns[:-1]))
        return assistant.find(question.turns[-1], before, assistant.read_context(question.context))

    questions = read_questions(sorted(FOLDER.glob("*.jsonl")))
    return evaluate(questions, find, [document.id for document in assistant.methodologies()])


def test_search_finds_the_document_that_owns_the_question(evaluation, capsys):
    figures = evaluation.to_json()
    with capsys.disabled():
        print()
        for name, row in [("all", figures["overall"]), *figures["by_document"].items()]:
            print(f"  {name:<24} n={row['n']:<4} nDCG@10 {row['ndcg@10']:.3f}  recall@5 {row['recall@5']:.3f}  hit@1 {row['hit@1']:.3f}  MRR {row['mrr']:.3f}")
        print("  abstention: " + ", ".join(f"{name} {value:.3f}" for name, value in figures["abstention"].items()))
    assert {name: figures["overall"][name] for name in FLOORS if figures["overall"][name] < FLOORS[name]} == {}


def test_most_unanswerable_questions_are_refused_and_answerable_ones_answered(evaluation):
    figures = evaluation.abstention()
    assert figures["refused"] >= 0.85
    assert figures["answered"] >= 0.95


def test_every_document_has_questions_of_its_own(assistant):
    counts = Counter(doc for question in read_questions(sorted(FOLDER.glob("*.jsonl"))) for doc, grade in question.relevant.items() if grade == 2)
    assert {document.id: counts[document.id] for document in assistant.methodologies() if counts[document.id] < FEWEST_QUESTIONS} == {}


def test_ids_are_unique():
    counts = Counter(question.id for question in read_questions(sorted(FOLDER.glob("*.jsonl"))))
    assert [name for name, times in counts.items() if times > 1] == []
