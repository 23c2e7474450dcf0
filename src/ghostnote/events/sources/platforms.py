"""The clients' long platform texts -> a few words that mean the same on every service."""

import polars as pl

#: First match wins: a browser on Windows is `web`, a television with Android is `tv`.
_WORDS = (
    ("web", r"web[ _-]?player|webplayer|html5"),
    ("console", r"playstation|\bps[345]\b|xbox|nintendo|_ps[345]"),
    ("speaker", r"sonos|speaker|alexa|echo|amazon_|google[_ ]home|homepod|libre|bose|denon|yamaha|bluesound"),
    ("tv", r"(^|[^a-z])tv|[a-z]tv([^a-z]|$)|android_?tv|webos|tizen|roku|chromecast|cast|bravia"),
    ("other", r"watch|\bcar\b|garmin|fitbit"),
    ("ios", r"\bios\b|iphone|ipad|ipod"),
    ("android", r"android"),
    ("macos", r"\bos ?x\b|mac ?os|\bmacos\b"),
    ("windows", r"windows|\bwin32\b"),
    ("linux", r"linux"),
)


def plain(platform: pl.Expr) -> pl.Expr:
    """`iOS 13.3.1 (iPhone11,8)` -> `ios`; what is not known is `other`, null stays null."""
    text = platform.str.to_lowercase()
    words = pl.lit("other")
    for word, pattern in reversed(_WORDS):
        words = pl.when(text.str.contains(pattern)).then(pl.lit(word)).otherwise(words)
    return pl.when(text.is_not_null()).then(words)
