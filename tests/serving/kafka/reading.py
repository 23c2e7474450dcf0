"""Reads a topic into a log until it is killed: `python reading.py BROKERS TOPIC GROUP FOLDER PAUSE_S`."""

import io
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.serving.kafka.broker import QUICK
from tests.serving.kafka.kept import Kept

from ghostnote.serving.kafka.source import Source
from ghostnote.serving.settings.settings import KafkaSettings, LogSettings
from ghostnote.serving.telemetry.logs import open_log

if __name__ == "__main__":
    brokers, topic, group, folder, pause = sys.argv[1:]
    kept = Kept(Path(folder))
    append = kept.log.append

    def slowly(count: int, content: bytes) -> object:
        record = append(count, content)
        # Killed here, the record is on disk and nobody was told; killed before, neither.
        time.sleep(float(pause))
        return record

    kept.log.append = slowly  # type: ignore[method-assign, assignment]
    settings = KafkaSettings(brokers=brokers, topic=topic, group=group, batch_events=50)
    log = open_log(LogSettings(), {}, io.StringIO())
    source = Source(settings, None, kept.submit, kept.offsets, lambda _: None, log, more=QUICK)
    source.start()
    time.sleep(120)
