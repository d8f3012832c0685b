"""Survey services played on 127.0.0.1, from recorded shapes: with ties, late rows, edits and rows nobody may take."""

from sandbox.surveys.answers import Answer, Answers
from sandbox.surveys.population import fill
from sandbox.surveys.serving import NAMES, Survey, connection, secrets, serve
from sandbox.surveys.world import SurveyWorld

__all__ = ["NAMES", "Answer", "Answers", "Survey", "SurveyWorld", "connection", "fill", "secrets", "serve"]
