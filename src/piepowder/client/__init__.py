"""A small typed client for Piepowder's API. It needs httpx and orjson and nothing else of Piepowder."""

from piepowder.client.calls import Client
from piepowder.client.problems import Problem, ProblemField

__all__ = ["Client", "Problem", "ProblemField"]
