"""The three categories of a 0 to 10 score, and the points that average to the NPS."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What a likelihood to recommend says of the person."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


#: Lowest score of the category; below `PASSIVE_FROM` is a detractor.
PROMOTER_FROM = 9
PASSIVE_FROM = 7

_POINTS = {Category.PROMOTER: 100, Category.PASSIVE: 0, Category.DETRACTOR: -100}
_RANK = {Category.DETRACTOR: 0, Category.PASSIVE: 1, Category.PROMOTER: 2}


def category_of(score: int) -> Category:
    """Place a 0 to 10 score in its category.

    >>> [category_of(score).value for score in (0, 6, 7, 8, 9, 10)]
    ['detractor', 'detractor', 'passive', 'passive', 'promoter', 'promoter']
    >>> category_of(11)
    Traceback (most recent call last):
        ...
    ValueError: a score is a whole number from 0 to 10
    """
    if not 0 <= score <= 10:
        raise ValueError("a score is a whole number from 0 to 10")
    return category_of_mean(score, 1)


def category_of_mean(total: int, count: int) -> Category:
    """Place the mean of *count* scores that add up to *total*, without ever rounding it.

    >>> category_of_mean(17, 2).value, category_of_mean(13, 2).value  # 8.5 and 6.5
    ('passive', 'detractor')
    """
    if total >= PROMOTER_FROM * count:
        return Category.PROMOTER
    return Category.PASSIVE if total >= PASSIVE_FROM * count else Category.DETRACTOR


def points(score: int) -> int:
    """Return 100, 0 or -100: the average of points is the NPS.

    >>> points(9), points(8), points(0)
    (100, 0, -100)
    """
    return _POINTS[category_of(score)]


def rank(category: Category) -> int:
    """Order the categories from worst (0) to best (2), to say which way a person moved."""
    return _RANK[category]
