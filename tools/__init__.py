"""Operator commands: they work on the local stack and on AWS alike."""

import sys
from pathlib import Path

# The layer is a folder of the checkout, not an installed package.
_LAYER = str(Path(__file__).resolve().parents[1] / "layers" / "hostcart" / "python")
if _LAYER not in sys.path:
    sys.path.insert(0, _LAYER)
