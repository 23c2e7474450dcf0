"""What each role means in plain words, and what follows from it: for people outside the fraud team."""

from typing import NamedTuple


class Consequence(NamedTuple):
    """`means`: what was seen, without how it was seen. `follows`: what the platform does."""

    means: str
    follows: str


CONSEQUENCES: dict[str, Consequence] = {
    "clean": Consequence("No play was withheld.", "Nothing."),
    "camouflage": Consequence(
        "Accounts that played artificially played this too, as they played what everybody plays. Nobody was after it.",
        "Those plays are not counted and not paid. No penalty, no warning: nothing is asked of the artist.",
    ),
    "playlist": Consequence(
        "It was on a playlist that hardly anybody but such accounts plays, beside tracks of others who gained more. "
        "Nothing shows that artist or owner had a part in it.",
        "Those plays are not counted and not paid. No penalty. Whoever paid somebody for a place on a playlist should "
        "ask for its name, and for the money back.",
    ),
    "sabotaged": Consequence(
        "The plays came suddenly, hide nothing and please no listener, on songs that have an audience of their own. "
        "They look as if they were meant to be found. Nothing shows that artist or owner ordered them.",
        "Those plays are not counted and not paid. No penalty, and none may be passed on to the artist. Counted plays "
        "and the place in charts stay.",
    ),
    "takeover": Consequence(
        "It was played on accounts of people who did not play it: somebody else used their accounts, for these tracks.",
        "Those plays are not counted and not paid. The holders of the accounts lose nothing. The distributor is asked "
        "to explain who promoted the tracks; a penalty may be charged.",
    ),
    "beneficiary": Consequence(
        "It was played, far beyond any audience, by accounts that are there for these tracks.",
        "Those plays are not counted and not paid. The distributor is asked to explain who promoted the tracks; a "
        "penalty may be charged, and if it goes on the tracks may be taken down.",
    ),
    "unclear": Consequence(
        "Some of the plays are artificial. What is known does not tell who is behind them.",
        "Those plays are not counted and not paid. No penalty. People look at it before anything else is done.",
    ),
}
#: How to object, if the platform says nothing else.
APPEAL = (
    "If you think that plays were withheld wrongly, answer the message that this packet came with, name the packet and "
    "the tracks, and tell what you know: promotion, playlists, press, concerts, who was paid for what. A person looks "
    "at every appeal. Plays that turn out to be right are counted and paid."
)
