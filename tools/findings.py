"""List what the reconciler found and could not mend: python -m tools.findings [--local FILE]

With --accept KIND ID a finding does not count as a break any more (--reopen takes that back); it leaves the
list by itself when it is mended.
Exit: 0 nothing counts as a break, 1 something does, 2 wrong usage or AWS out of reach.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from hostcart import wiring
from hostcart.domain.findings import Finding, FindingKind, Judgement, Subject
from hostcart.ports_reconcile import FindingStore
from rich.console import Console
from rich.table import Table

from tools import command, deployment

BROKEN = 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.findings", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    for name in ("--accept", "--reopen"):
        parser.add_argument(name, nargs=2, metavar=("KIND", "ID"))
    deployment.add_options(parser)
    options = parser.parse_args(arguments)
    found: list[Finding] = []

    def body() -> None:
        deployment.connect(options)
        store = wiring.findings()
        for named, accepted in ((options.accept, True), (options.reopen, False)):
            if named is not None:
                _mark(store, *named, accepted=accepted)
        found.extend(store.findings())
        _show(command.console(), found)

    code = command.run(body)
    return code or (BROKEN if any(finding.breaks for finding in found) else command.OK)


def _mark(store: FindingStore, kind: str, subject_id: str, *, accepted: bool) -> None:
    if kind not in set(FindingKind):
        raise command.CannotRunError(f"A kind is one of {', '.join(FindingKind)}.")
    if not store.accept(Subject(kind=FindingKind(kind), id=subject_id), accepted=accepted):
        raise command.CannotRunError(f"There is no finding {kind} {subject_id}.")


def _show(console: Console, found: Sequence[Finding]) -> None:
    if not found:
        console.print("Nothing was found.")
        return
    table = Table("kind", "id", "account", "cart", "since", "state")
    for finding in found:
        subject = finding.subject
        pending = finding.judgement is Judgement.PENDING
        state = "under way" if pending else "accepted" if finding.accepted else "break"
        table.add_row(
            subject.kind,
            subject.id,
            subject.account_id or "-",
            subject.cart_token or "-",
            f"{finding.since:%Y-%m-%d %H:%M}",
            state,
            style="red" if finding.breaks else None,
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
