"""Platform texts in a few words."""

import polars as pl
import pytest

from ghostnote.events.sources.platforms import plain


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("iOS 13.3.1 (iPhone11,8)", "ios"),
        ("ios", "ios"),
        ("Android OS 4.2.2 API 17 (samsung, GT-I9195)", "android"),
        ("android", "android"),
        ("OS X 10.15.7 [x86 8]", "macos"),
        ("osx", "macos"),
        ("Windows 10 (10.0.19041; x64)", "windows"),
        ("web_player windows 10;chrome 87.0.4280.66;desktop", "web"),
        ("WebPlayer (websocket RFC6455)", "web"),
        ("Android_TV OS 9 (Sony, BRAVIA)", "tv"),
        ("Partner google cast_tv;Chromecast", "tv"),
        ("tizen", "tv"),
        ("Partner sonos_ppc Sonos;Play1", "speaker"),
        ("amazon_salmon", "speaker"),
        ("Partner sony_ps4 PS4", "console"),
        ("sony_ps5;playstation", "console"),
        ("Linux [x86-64 0]", "linux"),
        ("not_applicable", "other"),
        ("watchOS 9", "other"),
        (None, None),
    ],
)
def test_a_word_for_every_text(text: str | None, word: str | None) -> None:
    frame = pl.DataFrame({"platform": [text]}, schema={"platform": pl.String})
    assert frame.select(plain(pl.col("platform"))).item() == word
