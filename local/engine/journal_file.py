"""The file in which the starts and ends of executions are kept: one JSON object a line, the newest last.

The object's one key says what happened: `started`; `resumed`, when `up` started one again that the stop had
cut off; `redriven`; `ended`; and, once the file was read back, `cut_off` for what never ended.
"""

import datetime
import json
import threading
from pathlib import Path
from typing import Any

type Record = dict[str, Any]
"""execution_arn, state_machine_arn, name, input, start_date; with `status` and the rest when it ended."""

KEPT = 2000
"""So many ended executions are kept, the newest; one that was cut off is kept until it has ended."""

_lock = threading.Lock()


def append(journal: Path, event: str, record: Record) -> None:
    """Note one start or end."""
    with _lock, journal.open("a") as file:
        file.write(_line(event, record))


def read(journal: Path) -> list[Record]:
    """The last record of every execution, in the order of their first starts."""
    if not journal.exists():
        return []
    found: dict[str, Record] = {}
    for line in journal.read_text().splitlines():
        try:
            (record,) = json.loads(line, object_hook=_revive).values()
        except json.JSONDecodeError:  # the line a killed process did not finish
            continue
        found[record["execution_arn"]] = record
    return list(found.values())


def compact(journal: Path) -> list[Record]:
    """What `read` finds, less the oldest that ended; the file then holds those alone."""
    found = read(journal)
    surplus = sum(map(ended, found)) - KEPT
    kept: list[Record] = []
    for record in found:
        if ended(record) and surplus > 0:
            surplus -= 1
        else:
            kept.append(record)
    lines = [_line("ended" if ended(record) else "cut_off", record) for record in kept]
    fresh = journal.with_suffix(".new")
    fresh.write_text("".join(lines))
    fresh.replace(journal)
    return kept


def ended(record: Record) -> bool:
    """Whether the execution came to an end, rather than being cut off or still running."""
    return "status" in record


def _line(event: str, record: Record) -> str:
    return json.dumps({event: record}, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {"__datetime__": value.isoformat()}
    return str(value)


def _revive(value: dict[str, Any]) -> Any:
    return datetime.datetime.fromisoformat(value["__datetime__"]) if "__datetime__" in value else value
