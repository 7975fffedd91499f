"""How long to wait before looking again at something that others are doing."""

from datetime import timedelta
from typing import Final

_LONGEST: Final = timedelta(hours=1)


def growing(passed: timedelta, shortest: timedelta) -> int:
    """Seconds: often at first, then every twentieth of the time passed, hourly at the most.

    So a wait of any length costs few looks: 24 hours about a hundred.
    """
    return int(max(shortest, min(passed / 20, _LONGEST)).total_seconds())
