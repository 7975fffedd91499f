"""Commands of the local stack: `python -m local up | down | status | reload | invoke | run`."""

import argparse
import sys
from pathlib import Path

from local.engine import workspace

sys.pycache_prefix = str(workspace.from_environment().bytecode)
sys.dont_write_bytecode = False

from local.engine import lifecycle  # noqa: E402 - after the bytecode's place is known
from local.engine.cloudformation_yaml import TemplateError  # noqa: E402
from local.engine.deploy import DeployFailed  # noqa: E402
from local.engine.lifecycle import StackError  # noqa: E402
from local.engine.ports import PortTaken  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (StackError, PortTaken, DeployFailed, TemplateError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    here = workspace.from_environment()
    match options.command:
        case "up":
            stack = lifecycle.up(here, print)
            print(f"api    {stack['api_url']}\nfacts  {here.stack_file}")
        case "down":
            ran = lifecycle.down(here, wipe=options.wipe)
            print("stopped" if ran else "nothing was running")
        case "status":
            from local.engine import status

            return status.show(here)
        case "reload":
            from local.engine import reload

            return reload.reload(here, options.function, print)
        case "invoke":
            from local.engine import invoke

            return invoke.command(here, options.function, options.event)
        case _:
            from local.engine import demo

            return demo.run(here)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="hostcart on one machine")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start in the background; returns when ready")
    stop = commands.add_parser("down", help="stop")
    stop.add_argument("--wipe", action="store_true", help="forget the state too")
    commands.add_parser("status", help="what runs")
    again = commands.add_parser("reload", help="bring edited sources to the running stack")
    again.add_argument("function", nargs="?", help="logical id or folder name; all functions without it")
    once = commands.add_parser("invoke", help="run one function on one event under the real runtime client")
    once.add_argument("function", help="logical id or folder name")
    once.add_argument("event", type=Path, help="JSON file")
    commands.add_parser(
        "run", help="start, order one of each kind, show them delivered, stay up until Ctrl-C"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
