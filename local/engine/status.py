"""`python -m local status`: one screen of what runs."""

import json

from rich.console import Console
from rich.table import Table

from local.engine import processes, workers
from local.engine.workspace import Workspace


def show(workspace: Workspace) -> int:
    """Print it; 3 when a part of the stack is gone, 0 when all of it runs or nothing was started."""
    console = Console(highlight=False)
    records = processes.recorded(workspace)
    if not records or not workspace.stack_file.exists():
        console.print("no stack is running: start it with `make up`")
        return 0
    stack = json.loads(workspace.stack_file.read_text())
    table = Table(box=None, show_header=False, pad_edge=False)
    for record in records:
        table.add_row(record.name, f"pid {record.pid}", "running" if processes.alive(record) else "GONE")
    for name in ("api_url", "aws_endpoint", "stepfunctions_endpoint"):
        table.add_row(name, "", stack[name])
    for name in ("stripe_url", "sites_url", "callback_url", "login_url"):
        table.add_row(name, "", stack[name])
    for logical_id in sorted(stack["functions"]):
        pids = workers.pids(stack, logical_id)
        table.add_row(logical_id, f"{len(pids)} warm", " ".join(map(str, pids)))
    table.add_row("accounts", str(len(stack["accounts"])), " ".join(stack["accounts"]))
    table.add_row("logs", "", stack["logs"])
    console.print(table)
    return 0 if all(map(processes.alive, records)) else 3
