"""Nobody is confirmed by scores alone; whoever acts together is confirmed by it."""

from datetime import date, timedelta

import polars as pl

from ghostnote.decisions.campaigns import Group, group, named
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.ties import shares
from ghostnote.scoring.lockstep import Found, with_blocks
from ghostnote.scoring.together import Campaigns, add_up, hold_together

POLICY = Policy()
ODD = 10.0


def _days(evidence: dict[str, list[float]], *, certain: frozenset[str] = frozenset()) -> pl.DataFrame:
    """Account-days with the given evidence per day, nothing else odd about them."""
    return pl.DataFrame(
        [
            (account, date(2026, 3, 2) + timedelta(days=day), ratio, 1.0, 0.0, account in certain, 40)
            for account, ratios in evidence.items()
            for day, ratio in enumerate(ratios)
        ],
        schema=["account_id", "day", "ratio", "surprise", "new_device", "certain", "plays"],
        orient="row",
    )


def _links(accounts: list[str]) -> pl.DataFrame:
    crowd = [(f"crowd{n}", "artist_id", "hit", 9) for n in range(200)]
    farm = [(account, "artist_id", f"farm{n}", 5) for account in accounts for n in range(5)]
    return shares(pl.DataFrame([*farm, *crowd], schema=["account_id", "kind", "key", "events"], orient="row"))


def _confirmed(days: pl.DataFrame, tied: list[str]) -> set[str]:
    suspects = add_up(days, POLICY).filter(pl.col("total") >= POLICY.suspect_ratio)["account_id"].unique().to_list()
    result, _ = hold_together(add_up(days, POLICY), group(suspects, _links(tied)), POLICY, odd=ODD, supervised=True)
    return set(result.filter("confirmed")["account_id"])


def test_however_odd_a_lone_account_is_left_to_people():
    assert _confirmed(_days({"odd": [4.7] * 6}), []) == set()


def test_what_cannot_be_honest_is_confirmed_alone():
    days = _days({"machine": [POLICY.account_bar]}, certain=frozenset({"machine"}))
    assert _confirmed(days, []) == {"machine"}


def test_who_acts_together_needs_a_day_less():
    bots = {f"b{n}": [4.7] for n in range(6)}
    assert _confirmed(_days(bots), list(bots)) == set(bots)


def test_a_proven_campaign_confirms_its_other_suspects():
    bots = {f"b{n}": [4.7, 4.7] for n in range(6)} | {"quiet": [3.2, -1.0]}
    assert _confirmed(_days(bots), list(bots)) == set(bots)


def test_few_accounts_are_a_campaign_if_they_say_as_much_as_many_at_the_bar():
    farm = [f"b{n}" for n in range(4)]
    assert _confirmed(_days({account: [4.7] * 3 for account in farm}), farm) == set(farm)
    assert _confirmed(_days({account: [4.7] * 2 for account in farm}), farm) == set()


def test_two_accounts_are_never_a_campaign_and_suspects_do_not_count_among_few():
    pair = {"b0": [4.7] * 9, "b1": [4.7] * 9}
    assert _confirmed(_days(pair), list(pair)) == set()
    with_suspects = pair | {"odd0": [3.5], "odd1": [3.5]}
    assert _confirmed(_days(with_suspects), list(with_suspects)) == set()


def test_a_campaign_that_is_not_proven_confirms_nobody_else():
    bots = {f"b{n}": [3.2] for n in range(6)} | {"loud": [4.7, 4.7]}
    assert _confirmed(_days(bots), list(bots)) == {"loud"}


def test_an_account_that_is_a_persons_on_other_days_is_not_confirmed():
    days = {f"b{n}": [4.7, 4.7] for n in range(6)} | {"victim": [4.7, -4.0, 4.7]}
    assert _confirmed(_days(days), list(days)) == {f"b{n}" for n in range(6)}


def test_an_account_that_is_odd_on_new_devices_only_is_not_confirmed():
    days = _days({f"b{n}": [4.7, 4.7] for n in range(7)})
    days = days.with_columns(new_device=pl.when(pl.col("account_id") == "b3").then(1.0).otherwise(0.0))
    assert _confirmed(days, [f"b{n}" for n in range(7)]) == {f"b{n}" for n in range(7) if n != 3}


def test_who_shares_with_nobody_is_not_confirmed_by_the_campaign():
    days = _days({f"b{n}": [4.7, 4.7] for n in range(6)} | {"sleeper": [4.7, 4.7]})
    assert "sleeper" not in _confirmed(days, [f"b{n}" for n in range(6)])


def test_members_of_a_proven_campaign_are_aimed_at_its_targets():
    bots = {f"b{n}": [4.7, 4.7] for n in range(6)}
    days = _days(bots)
    _, campaigns = hold_together(
        add_up(days, POLICY), group(list(bots), _links(list(bots))), POLICY, odd=ODD, supervised=True
    )
    aimed = campaigns.aimed()
    assert set(aimed["account_id"]) == set(bots)
    assert set(aimed["artist_id"].drop_nulls()) == {f"farm{n}" for n in range(5)}


def _in_lockstep(accounts: list[str], *, proven: bool = True) -> list[Group]:
    links = _links(accounts)
    ties = pl.DataFrame({"kind": ["artist_id"], "key": ["farm0"], "members": [len(accounts)], "users": [len(accounts)]})
    work = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    return with_blocks(group([], links), [Found(tuple(accounts), ties, work, "In lockstep.", proven)], links)


def _lockstep_confirmed(work: dict[str, list[bool]], plays: list[int] | None = None) -> tuple[set[str], Campaigns]:
    days = _days({account: [-1.0 if plays else -4.7] * len(worked) for account, worked in work.items()})
    if plays:
        days = days.with_columns(pl.Series("plays", plays * len(work)))
    days = days.with_columns(at_work=pl.Series([at for worked in work.values() for at in worked]))
    result, campaigns = hold_together(add_up(days, POLICY), _in_lockstep(list(work)), POLICY, odd=ODD, supervised=True)
    return set(result.filter("confirmed")["account_id"]), campaigns


def test_who_is_at_work_in_lockstep_every_day_is_confirmed_however_ordinary():
    confirmed, _ = _lockstep_confirmed({f"b{n}": [True, True] for n in range(6)})
    assert confirmed == {f"b{n}" for n in range(6)}


def test_a_day_without_plays_is_no_persons_day():
    work = {f"b{n}": [True, True, False] for n in range(6)}
    assert _lockstep_confirmed(work)[0] == set()
    assert _lockstep_confirmed(work, plays=[40, 40, 0])[0] == set(work)


def test_a_block_no_larger_than_a_household_confirms_nobody_and_lowers_no_bar():
    accounts = [f"b{n}" for n in range(6)]
    days = _days({account: [4.7, 1.0] for account in accounts}).with_columns(at_work=pl.lit(value=True))
    groups = _in_lockstep(accounts, proven=False)
    result, campaigns = hold_together(add_up(days, POLICY), groups, POLICY, odd=ODD, supervised=True)
    assert [one.accounts for one in groups] == [tuple(accounts)]
    assert not result["confirmed"].any()
    assert campaigns.counted == ()


def test_a_block_no_larger_than_a_household_leaves_groups_of_suspects_alone():
    suspects = [f"b{n}" for n in range(5)]
    groups = group(suspects, _links(suspects))
    ties = pl.DataFrame({"kind": ["artist_id"], "key": ["farm0"], "members": [4], "users": [4]})
    work = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    block = Found(("b0", "b1", "b2", "x"), ties, work, "In lockstep.", proven=False)
    assert with_blocks(groups, [block], _links(suspects)) == groups


def test_where_many_are_people_on_other_days_the_accounts_are_stolen_and_nobody_is_confirmed():
    work = {f"v{n}": [True, n > 2] for n in range(6)}
    confirmed, campaigns = _lockstep_confirmed(work)
    assert confirmed == set()
    assert campaigns.stolen == set(work)
    assert campaigns.tied == set()
    assert set(campaigns.aimed()["account_id"]) == set(work)


def test_a_block_takes_in_the_groups_that_lie_in_it_and_nobody_is_in_two():
    links = _links([f"b{n}" for n in range(4)])
    groups = group([f"b{n}" for n in range(4)], links)
    ties = pl.DataFrame({"kind": ["artist_id"], "key": ["farm0"], "members": [6], "users": [6]})
    work = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    (found,) = with_blocks(groups, [Found(tuple(f"b{n}" for n in range(6)), ties, work, "In lockstep.")], links)
    assert found.accounts == tuple(f"b{n}" for n in range(6))
    assert found.campaign_id == groups[0].campaign_id
    assert found.lockstep == "In lockstep."


def test_whom_something_else_ties_to_a_block_is_not_proven_by_it():
    # Bots that sleep to the same noise as some people do: the noise ties them, the block's artists do not.
    bots, sleepers = [f"b{n}" for n in range(8)], [f"s{n}" for n in range(3)]
    noise = [(account, "artist_id", f"noise{n}", 9) for account in [*bots[:3], *sleepers] for n in range(2)]
    rows = pl.DataFrame(noise, schema=["account_id", "kind", "key", "events"], orient="row")
    links = _links(bots).drop("share").with_columns(pl.col("account_id").cast(pl.String))
    links = shares(pl.concat([links, rows]))
    (one,) = group([*bots, *sleepers], links)
    assert set(sleepers) < set(one.accounts)
    ties = pl.DataFrame({"kind": ["artist_id"], "key": ["farm0"], "members": [8], "users": [8]})
    work = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    block, left = with_blocks([one], [Found(tuple(bots), ties, work, "In lockstep.")], links)
    assert (block.accounts, left.accounts) == (tuple(bots), tuple(sleepers))
    assert block.campaign_id == one.campaign_id != left.campaign_id
    assert not left.in_lockstep


def test_what_was_done_on_stolen_accounts_is_no_evidence_against_their_people() -> None:
    work = {f"v{n}": [True, n > 2] for n in range(6)}
    days = _days({account: [-4.7, -4.7] for account in work})
    days = days.with_columns(at_work=pl.Series([at for worked in work.values() for at in worked]))
    result, campaigns = hold_together(add_up(days, POLICY), _in_lockstep(list(work)), POLICY, odd=ODD, supervised=True)
    assert campaigns.stolen == frozenset(work)
    assert result["total"].max() == 0.0
    assert "alone" not in result.columns


def _on_one_card(accounts: list[str], rules: list[str], ratio: float, *, surprise: float = 0.0) -> set[str]:
    card = [(account, "payment_hash", "card", 1) for account in accounts]
    crowd = [(f"crowd{n}", "artist_id", "hit", 9) for n in range(200)]
    links = shares(pl.DataFrame([*card, *crowd], schema=["account_id", "kind", "key", "events"], orient="row"))
    days = _days({account: [ratio] for account in accounts}).with_columns(
        pl.lit(surprise).alias("surprise"),
        pl.lit(1.5).alias("without_rules"),
        pl.Series("rules", [rules] * len(accounts), dtype=pl.List(pl.String)),
    )
    groups = group(accounts, links)
    assert [one.accounts for one in groups] == [tuple(accounts)]
    result, _ = hold_together(add_up(days, POLICY), groups, POLICY, odd=ODD, supervised=True)
    return set(result.filter("confirmed")["account_id"])


def test_a_shared_card_is_one_fact_not_three() -> None:
    # A company pays for its people: the rule, the tie and the oddity of such a sign-up all tell of the card.
    people = [f"m{n:02}" for n in range(14)]
    assert _on_one_card(people, ["payment_of_many"], 4.6, surprise=2 * ODD) == set()


def test_accounts_on_one_card_whose_own_days_reach_the_bar_are_confirmed() -> None:
    bots = [f"m{n:02}" for n in range(14)]
    assert _on_one_card(bots, ["machine_like_lengths"], POLICY.account_bar + 0.1) == set(bots)


def test_suspects_who_love_one_artist_are_no_campaign() -> None:
    fans = {f"f{n}": [4.7] for n in range(9)}
    days = add_up(_days(fans), POLICY)
    one = [("artist_id", "noise"), ("track_id", "rain"), ("playlist_id", "sleep")]
    ties = pl.DataFrame(
        [(kind, key, 9, 9) for kind, key in one], schema=["kind", "key", "members", "users"], orient="row"
    )
    _, campaigns = hold_together(days, [named(tuple(fans), ties)], POLICY, odd=ODD, supervised=True)
    assert campaigns.counted == ()
    more = pl.concat([ties, pl.DataFrame([("artist_id", "other", 9, 9)], schema=ties.schema, orient="row")])
    result, _ = hold_together(days, [named(tuple(fans), more)], POLICY, odd=ODD, supervised=True)
    assert result["confirmed"].all()
