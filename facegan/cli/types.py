"""Types of option values."""

import math
from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)


class Number(click.FloatRange):
    """A range of numbers that excludes NaN and infinity, which click accepts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


POSITIVE = Number(min=0, min_open=True)


class Strengths(click.ParamType):
    """A number, or `first:last:step` for several: a tuple."""

    name = "strength"
    most = 100

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        numbers = [Number(min=0).convert(part, param, ctx) for part in str(value).split(":")]
        if len(numbers) == 1:
            return tuple(numbers)
        if len(numbers) != 3 or numbers[2] <= 0 or numbers[1] < numbers[0]:
            self.fail(f"'{value}' is neither a number nor first:last:step, as in 0:2:0.25.", param, ctx)
        first, last, step = numbers
        # Half a step is added so that rounding does not lose the last strength.
        count = int((last - first) / step + 1.5) if (last - first) / step < self.most else self.most + 1
        if count > self.most:
            self.fail(f"'{value}' is more than {self.most} strengths.", param, ctx)
        return tuple(round(first + index * step, 6) for index in range(count))


class FaceNumber(click.IntRange):
    """The number of a face, from 1, or the word `all`."""

    name = "number|all"

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "all" else super().convert(value, param, ctx)
