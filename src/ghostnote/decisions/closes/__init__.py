"""Closes: the days, weeks and months whose figures go out, and the corrections of what changed afterwards.

`calendar` says which days; `verdicts` what the ledger had decided about their plays; `counting` adds them up; `chart`
ranks; `correcting` finds what is owed to closes before; `closing` does all of it; `document` is what is left on disk.
"""
