"""Errors of the index, and the root of every error that a door may show.

GnomonError
  CorpusError          a document or pack file breaks the format (file and line)
  IndexUnusable        missing, broken, foreign or locked index (with the command that mends it)
  EmbedderUnavailable  weights missing or changed
"""


class GnomonError(Exception):
    """A refusal that a person can act on: one sentence that says what, why and what to do."""


class CorpusError(GnomonError):
    """A document or pack file breaks the format.

    Args:
        path: the file as the author knows it.
        line: 1-based line, or 0 when the whole file is meant.
        problem: what is wrong and how to mend it.
    """

    def __init__(self, path: str, line: int, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class IndexUnusable(GnomonError):
    """The search index cannot be used as it is."""


class EmbedderUnavailable(GnomonError):
    """The embedding model's weights are missing or are not the pinned ones."""
