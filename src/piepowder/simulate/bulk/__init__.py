"""The fast way of playing a history: the rows that the operations would leave, made in memory and inserted many at once.

It is a second executor of the same script, not a second generator; a test holds the tables of both equal. It uses the
pure rules of the packages whose rows it makes (routing, promises, clocks, statements) and repeats what their operations
write around them.
"""

from piepowder.simulate.bulk.executor import InBulk

__all__ = ["InBulk"]
