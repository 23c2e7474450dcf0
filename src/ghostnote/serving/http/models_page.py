"""Who decides, as a page, and changing it: a challenger asked beside the champion, rollout by percentage, rollback."""

import asyncio
from pathlib import Path
from typing import Any, Literal

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.models.bundle import load_bundle
from ghostnote.serving.engine.models import remember
from ghostnote.serving.engine.rollout import Model, Rollout
from ghostnote.serving.service.service import Service


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done: `load` a bundle at once as the champion, have one `challenge` it, let it decide about
    `percent` of accounts (`rollout`), `promote` it, `withdraw` it, or go back to the champion before (`rollback`).

    `bundle` is the name of a folder in the state's `bundles/`.
    """

    action: Literal["load", "challenge", "rollout", "promote", "withdraw", "rollback"]
    bundle: str | None = None
    percent: float | None = None


def models_page(service: Service) -> dict[str, Any]:
    """Champion, challenger, how they differ, and how fresh accounts' standing is."""
    rollout = service.rollout
    found = rollout.differences
    return {
        "champion": _about(rollout.champion),
        "previous": _about(rollout.previous),
        "challenger": _about(rollout.challenger),
        "percent": rollout.percent,
        "policy": rollout.policy,
        "standing": rollout.standing.run or None,
        "differences": None
        if rollout.challenger is None
        else {
            "events": found.events,
            "verdicts": [
                {"champion": one, "challenger": other, "events": count}
                for (one, other), count in sorted(found.verdicts.items())
            ],
            "marked": {
                "both": found.marks[True, True],
                "champion_only": found.marks[True, False],
                "challenger_only": found.marks[False, True],
                "neither": found.marks[False, False],
            },
            "mean_score_difference": found.apart / found.scored if found.scored else None,
            "latest": list(found.latest)[-20:],
        },
    }


def _about(model: Model | None) -> dict[str, Any] | None:
    if model is None:
        return None
    facts = model.live.judge.bundle.manifest.training
    return {
        "name": model.name,
        "path": Path(model.path).name,
        "trained_from": facts.start,
        "trained_to": facts.end,
        "as_of": facts.as_of,
        "labels_fraud": facts.labels_fraud,
        "features": len(model.live.judge.features),
    }


async def change_models(service: Service, body: bytes) -> dict[str, Any]:
    """Do what the body asks for, between two calls of the engine. Raises GhostnoteError if that is not possible."""
    try:
        change = msgspec.json.decode(body, type=Change)
    except msgspec.MsgspecError as error:
        raise GhostnoteError(f"This is no change of models ({error}).") from None
    if change.percent is not None and not 0 <= change.percent <= 100:
        raise GhostnoteError("percent lies between 0 and 100.")
    model = await asyncio.to_thread(_loaded, service, change.bundle) if change.bundle is not None else None
    await service.calls.between(lambda: _change(service.rollout, change, model))
    await asyncio.to_thread(remember, service.places, service.rollout)
    await service.shadowing.keep()
    return models_page(service)


def _loaded(service: Service, name: str) -> Model:
    folder = service.places.bundles
    if Path(name).name != name or name in {"", ".", ".."}:
        raise GhostnoteError(f"{name!r} is no name of a folder in {folder.name}/.")
    live = service.rollout.champion.live
    return Model.of(load_bundle(folder / name), folder / name, live.policy, live.folded)


def _change(rollout: Rollout, change: Change, model: Model | None) -> None:
    if change.action in {"load", "challenge"} and model is None:
        raise GhostnoteError(f"To {change.action}, name a bundle: a folder in the state's bundles/.")
    if change.action == "load" and model is not None:
        rollout.challenge(model)
        rollout.promote()
    elif change.action == "challenge" and model is not None:
        rollout.challenge(model, change.percent or 0.0)
    elif change.action == "rollout":
        if rollout.challenger is None:
            raise GhostnoteError("There is no challenger: name one first.")
        rollout.percent = change.percent or 0.0
    elif change.action == "promote":
        rollout.promote()
    elif change.action == "withdraw":
        rollout.withdraw()
    else:
        rollout.roll_back()
