"""How many of a service's plays are artificial, when campaigns cannot be as small as they are asked to be."""

from dataclasses import dataclass


class TooSmallError(Exception):
    """The service is too small for a campaign of the size asked for."""


@dataclass
class Prevalence:
    """What campaigns were asked for and what they take, in plays.

    A campaign has a smallest size (most have four accounts). By default it has at least that, whatever was asked for.
    With `kept`, it is staged only if that is nearer to what is wanted than nothing: what a campaign was to bring and
    does not, those after it bring in its place, and the other way round. So the sum is as asked for, within half of
    one smallest campaign.
    """

    kept: bool = False
    owed: float = 0.0

    def units(self, plays: float, each: float, least: int) -> int:
        """How many units of `each` plays (accounts, phones) a campaign has that is to bring `plays`, `least` or more.

        Raises `TooSmallError` if it is better left out.
        """
        each = max(each, 1.0)
        if not self.kept:
            return max(least, round(plays / each))
        wanted = (plays + self.owed) / each
        if wanted < least / 2:
            self.owed += plays
            raise TooSmallError
        count = max(least, round(wanted))
        self.owed += plays - count * each
        return count
