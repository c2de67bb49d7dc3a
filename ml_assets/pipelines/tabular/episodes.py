"""Customers that come back: who is a customer on which day, decided by hashes, so that no state is carried from day to day."""

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[Any]


class Visits(NamedTuple):
    """Rows of one customer each, as arrays of shape (rows,): `uniform`, of shape (rows, columns), are their draws."""

    uniform: Numbers
    customer: Numbers
    days_into_episode: Numbers


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """How customers come and go.

    A slot holds one customer at a time, for an episode of some days. The customers of a slot follow each other as a hash
    decides, and are in no other slot.

    Attributes:
        column: of the draws, decides the slot of a row.
        slots: how many there are; or else `slots_of_a_place`, those of each place within a day, so that no customer is
            seen twice on one day.
        turns: customers of a slot.
        shortest, longest: days of an episode.
        by_customer: columns of the draws that stay with a customer for ever.
        by_episode: columns of the draws that stay with a customer for an episode.
    """

    column: int
    slots: int = 0
    slots_of_a_place: int = 0
    turns: int = 20
    shortest: int
    longest: int
    by_customer: tuple[int, ...]
    by_episode: tuple[int, ...]

    def visits(self, day: Numbers, place: Numbers, uniform: Numbers) -> Visits:
        """Give each row its customer, and the draws that stay with a customer or an episode the same value.

        Args:
            day: proleptic ordinals of shape (rows,).
            place: of each row within its day.
            uniform: draws from 0 to 1 of shape (rows, columns); written to.
        """
        slot = place * self.slots_of_a_place
        slot = slot + np.floor(uniform[:, self.column] * (self.slots_of_a_place or self.slots))
        bits = _bits(slot)
        length = self.shortest + np.floor(_uniform(1, bits) * (self.longest + 1 - self.shortest))
        since = day + np.floor(_uniform(2, bits) * length)
        episode = since // length
        customer = slot * self.turns + np.floor(_uniform(episode, bits) * self.turns)
        bits = _bits(customer)
        for column in self.by_customer:
            uniform[:, column] = _uniform(column, bits)
        bits = _bits(episode, bits)
        for column in self.by_episode:
            uniform[:, column] = _uniform(column, bits)
        return Visits(uniform, customer, since % length)


def _bits(key: Numbers | int, bits: Numbers | int = 0) -> Numbers:
    """64 bits that whole numbers and other bits decide, as good as random (SplitMix64; Steele, Lea and Flood 2014)."""
    state = np.atleast_1d(np.asarray(key)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = state + np.asarray(bits, np.uint64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


def _uniform(key: Numbers | int, bits: Numbers) -> Numbers:
    """The same as numbers from 0 to 1."""
    return np.asarray((_bits(key, bits) >> np.uint64(11)) * 2.0**-53)
