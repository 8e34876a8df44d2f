"""The tree of errors that a door may show.

GnomonError                  (index/errors.py, with CorpusError, IndexUnusable, EmbedderUnavailable)
  SettingError               an unknown setting or a value that cannot be
  ProjectRefused             an upload that is not read: too large, hostile, broken, of another type
  UnknownContextValue        a context key or value that the catalogue does not know (names the nearest)
  QuestionRefused            a question that cannot be asked as it is (empty, too long)
  ModelFailed                a chat model that is missing, refuses, breaks off or takes too long
  Busy                       more work than the machine takes at once
"""

from index.errors import CorpusError, EmbedderUnavailable, GnomonError, IndexUnusable


class SettingError(GnomonError):
    """A setting is unknown or its value cannot be used."""


class ProjectRefused(GnomonError):
    """An archive or folder that is not read; the previous project stays."""


class UnknownContextValue(GnomonError):
    """A context key or value outside the catalogue; the message names the nearest ones."""


class QuestionRefused(GnomonError):
    """A question that cannot be asked as it is."""


class ModelFailed(GnomonError):
    """A chat model did not do what was asked; the answer without it stands."""


class Busy(GnomonError):
    """More requests at once than the machine takes."""


__all__ = [
    "Busy",
    "CorpusError",
    "EmbedderUnavailable",
    "GnomonError",
    "IndexUnusable",
    "ModelFailed",
    "ProjectRefused",
    "QuestionRefused",
    "SettingError",
    "UnknownContextValue",
]
