"""The command line: reads arguments, calls the command, turns its end into an exit code.

A command's arguments are the parameters of its function in `rilon.commands`; what it does is
said there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

from rilon.commands.mistakes import MISTAKES

FAILED, INTERRUPTED = 1, 130

STATE = Path(".rilon")
POLICIES = Path("policies")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code: 0 done, 1 not done, 2 misused."""
    chosen = vars(parser().parse_args(arguments))
    name, _, function = chosen.pop("call").partition(".")
    try:
        command = import_module(f"rilon.commands.{name}")
        return int(getattr(command, function)(**chosen))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except MISTAKES as mistake:
        # A command of several modules (`bulletin`, `bulletin_steps`) has one name.
        print(f"rilon {name.partition('_')[0]}: {mistake}", file=sys.stderr)
        return FAILED


def parser() -> argparse.ArgumentParser:
    """The parser of every command. Each sets `call`: the module and function that does it."""
    top = argparse.ArgumentParser(
        prog="rilon",
        description="Information sharing in which a message that doesn't fit its room "
        "reaches no one.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_network(commands)
    _add_policy(commands)
    _add_group(commands)
    _add_officer(commands)
    _add_bulletin(commands)
    _add_report(commands)
    _add_digest(commands)
    _add_ledger(commands)
    return top


Commands = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no other name


def _add(
    commands: Commands[argparse.ArgumentParser], call: str, does: str
) -> argparse.ArgumentParser:
    name = call.partition(".")[2].rstrip("_")
    command = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    command.set_defaults(call=call)
    return command


def _add_state(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--dir",
        dest="state",
        type=Path,
        default=STATE,
        help="the state folder of the network (default: %(default)s)",
    )


def _add_policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--policies", type=Path, default=None, help="policy folder (default: the shipped one)"
    )


def _add_network(commands: Commands[argparse.ArgumentParser]) -> None:
    up = _add(commands, "up.up", "start the network on this machine and stay in the foreground")
    _add_state(up)
    _add_policies(up)
    up.add_argument(
        "--server-name",
        default=None,
        help="the part of user ids after the colon; fixed once chosen",
    )
    up.add_argument(
        "--only",
        default=None,
        metavar="PART,PART",
        help="start only these parts, to look for a fault",
    )
    _add_state(_add(commands, "down.down", "end the network that runs on this machine"))
    _add_state(_add(commands, "status.status", "say whether the network runs, and where"))
    figures = _add(commands, "figures.figures", "count a month's requests, answers and messages")
    _add_state(figures)
    figures.add_argument("--month", default=None, metavar="2026-11", help="default: this month")
    figures.add_argument("--group", default=None, help="the group's key; default: the first")
    figures.add_argument("--csv", action="store_true", help="for a spreadsheet")
    demo = _add(commands, "demo.demo", "start the network and play a short day on it")
    _add_state(demo)
    demo.add_argument(
        "--once", action="store_true", help="end by itself afterwards, with an exit code"
    )
    doctor = _add(commands, "doctor.doctor", "check the running network against the hardening list")
    _add_state(doctor)


def _add_policy(commands: Commands[argparse.ArgumentParser]) -> None:
    policy = commands.add_parser("policy", help="check the policy files, and try them")
    actions = policy.add_subparsers(metavar="ACTION", required=True)
    for call, does in (
        ("policy.check", "name every mistake and every case decided otherwise than expected"),
        ("policy.schema", "write the JSON Schemas for editors"),
    ):
        _add(actions, call, does).add_argument(
            "folder", type=Path, nargs="?", default=POLICIES, help="default: %(default)s"
        )
    replay = _add(
        actions, "replay.replay", "try a policy against the decisions that a network recorded"
    )
    replay.add_argument(
        "folder", type=Path, nargs="?", default=POLICIES, help="default: %(default)s"
    )
    _add_state(replay)
    replay.add_argument(
        "--days", type=_days, default=30, help="how far back (default: %(default)s)"
    )
    _add_explain(commands)
    for call, does in (
        ("plan.plan", "show what applying the policy would change"),
        ("apply.apply", "bring the network in line with the policy"),
    ):
        command = _add(commands, call, does)
        _add_state(command)
        _add_policies(command)


def _days(written: str) -> int:
    days = int(written)
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError("write a number of days from 1 to 3650")
    return days


def _add_explain(commands: Commands[argparse.ArgumentParser]) -> None:
    explain = _add(
        commands, "explain.explain", "say what would happen to a text, and why, without a network"
    )
    explain.add_argument("officer", help="who would send it: idn.focal1")
    explain.add_argument("room", help="the room's key: mps-floor")
    explain.add_argument(
        "text",
        nargs="?",
        default=None,
        help="the text; without it, the standard input is read, where nobody else sees it",
    )
    explain.add_argument("--answers", default=None, metavar="MARKING", help="what it answers has")
    explain.add_argument("--by", default=None, metavar="OFFICER", help="who sent what it answers")
    explain.add_argument(
        "--day", type=date.fromisoformat, default=None, help="the day, UTC (default: today)"
    )
    _add_policies(explain)


BULLETIN = """\
From a blank file to its readers, in the order of use:

  new FILE              write a bulletin to fill in
  preview FILE          show what would be posted, or what to mend
  submit FILE           an analyst asks for approval; prints its number
  approve NUMBER        another analyst reads it and approves
  publish NUMBER        post it in its rooms, and say where it stands
  status [NUMBER]       what waits for whom; who has acknowledged, by party
  correct NUMBER FILE   submit another version; approve and publish as before
  withdraw NUMBER       its readers see that it is withdrawn, and why
  search WORDS          what an officer finds; also kind:alert, from:2026-01, "a phrase"
  export NUMBER         as PDF or Markdown, as a party may have it

Pictures lie in the file's folder. Whoever has this shell can name any analyst with --by:
the ledger says of each step that it was taken in a shell.
"""


def _add_bulletin(commands: Commands[argparse.ArgumentParser]) -> None:
    bulletin = commands.add_parser(
        "bulletin",
        help="write, approve, publish and withdraw bulletins",
        description=BULLETIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = bulletin.add_subparsers(metavar="ACTION", required=True)
    new = _add(actions, "bulletin.new", "write a bulletin to fill in")
    shown = _add(actions, "bulletin.preview", "show what would be posted, or what to mend")
    submit = _add(actions, "bulletin_steps.submit", "ask for approval of what a file says")
    approve = _add(actions, "bulletin_steps.approve", "read what was submitted, and approve it")
    publish = _add(actions, "bulletin_steps.publish", "post what was approved in its rooms")
    status = _add(actions, "bulletin_steps.status", "say what waits for whom, or where one stands")
    correct = _add(actions, "bulletin_steps.correct", "submit another version of a bulletin")
    withdraw = _add(actions, "bulletin_steps.withdraw", "take a bulletin back, and say why")
    search = _add(actions, "bulletin_archive.search", "look for what an officer may read")
    export = _add(actions, "bulletin_archive.export", "write one as PDF or Markdown")
    for command in (approve, publish, correct, withdraw, export):
        command.add_argument("number", help="as `submit` printed it: BUL-7K3F-4")
    status.add_argument("number", nargs="?", default=None, help="without it: all that wait")
    for command in (new, shown, submit, correct):
        command.add_argument("file", type=Path, help="a Markdown file")
    for command in (new, shown):
        command.add_argument(
            "--policies", type=Path, default=None, help="default: the shipped ones"
        )
    for command in (shown, submit, approve, publish, status, correct, withdraw, search, export):
        _add_state(command)
    search.add_argument("words", nargs="+", help='words, or "a phrase" in quotes')
    search.add_argument("--by", required=True, metavar="OFFICER", help="who looks")
    search.add_argument("--page", type=int, default=1)
    export.add_argument(
        "--for", dest="party", required=True, metavar="PARTY", help="whose copy it is: IDN"
    )
    export.add_argument("--pdf", type=Path, default=None, metavar="FILE", help="a new file")
    export.add_argument("--markdown", type=Path, default=None, metavar="FILE", help="a new file")
    for command in (submit, approve, publish, correct, withdraw):
        command.add_argument("--by", required=True, metavar="OFFICER", help="who does it")
    shown.add_argument(
        "--by",
        default=None,
        metavar="OFFICER",
        help="whose it is: on a network that runs, its sources are looked at for them",
    )
    for command in (shown, submit, correct):
        command.add_argument(
            "--leave-out",
            action="store_true",
            help="without the parts that are marked above the whole",
        )
    for command in (shown, approve):
        command.add_argument("--html", type=Path, default=None, help="write the page to this file")
    approve.add_argument("--yes", action="store_true", help="approve without being asked")
    withdraw.add_argument("--why", required=True, help="what its readers are told")


def _add_report(commands: Commands[argparse.ArgumentParser]) -> None:
    report = commands.add_parser("report", help="read the reports that officers filed")
    actions = report.add_subparsers(metavar="ACTION", required=True)
    listed = _add(actions, "report.list_", "list reports with their markings")
    export = _add(actions, "report.export", "write reports to a file for a spreadsheet")
    export.add_argument(
        "--csv", dest="file", type=Path, required=True, metavar="FILE", help="a new file"
    )
    for command in (listed, export):
        _add_state(command)
        command.add_argument("--group", default=None, help="the group's key; default: the first")
        for option, dest, does in (("--from", "since", "first"), ("--until", "until", "last")):
            command.add_argument(
                option,
                dest=dest,
                type=date.fromisoformat,
                default=None,
                metavar="YYYY-MM-DD",
                help=f"{does} day that reports are about (default: the last two years)",
            )


def _add_digest(commands: Commands[argparse.ArgumentParser]) -> None:
    digest = commands.add_parser("digest", help="count a week or a month for a bulletin")
    actions = digest.add_subparsers(metavar="ACTION", required=True)
    draft = _add(
        actions, "digest.draft", "write a bulletin from the reports and requests of a time"
    )
    _add_state(draft)
    draft.add_argument("--group", default=None, help="the group's key; default: the first")
    draft.add_argument("--every", choices=["week", "month"], default="week")
    draft.add_argument(
        "--period", default=None, metavar="2026-W46", help="default: the last one that is over"
    )
    draft.add_argument("--out", type=Path, required=True, metavar="DIR", help="where it is written")


def _add_group(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("group", help="make a response group")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    new = _add(actions, "group.new", "write a new group's policy from a template")
    new.add_argument("--policies", type=Path, default=POLICIES, help="default: %(default)s")
    new.add_argument("name", help="the group's key, in small letters: prevention")
    new.add_argument("--template", required=True, help="a file of policies/templates")
    new.add_argument("--parties", required=True, metavar="AUS,IDN", help="its states")
    new.add_argument("--chair", required=True, metavar="IDN", help="the state that chairs")
    for option, dest, does in (("--from", "begins", "first"), ("--until", "ends", "last")):
        new.add_argument(
            option,
            dest=dest,
            required=True,
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help=f"{does} day of its term, UTC",
        )
    new.add_argument("--short", default=None, help="how room names call it (default: template's)")
    new.add_argument("--theme", default=None, help="default: the template's")
    new.add_argument(
        "--roster",
        default=None,
        metavar="ROLE,ROLE",
        help="add an officer of each of these roles for every state: secondee,focal_point",
    )
    new.add_argument(
        "--chair-officer",
        default=None,
        metavar="NAME",
        help="the officer of the roster who chairs (default: a new entry)",
    )


def _add_officer(commands: Commands[argparse.ArgumentParser]) -> None:
    officer = commands.add_parser("officer", help="add, reset, lose or remove an officer")
    actions = officer.add_subparsers(metavar="ACTION", required=True)
    for call, does in (
        ("officer.add", "give an officer of the roster an account and a first password"),
        ("officer.reset", "give an officer a new password"),
        ("officer.lost", "sign out every device of an officer"),
        ("officer.remove", "remove an officer from every room and close the account"),
    ):
        command = _add(actions, call, does)
        _add_state(command)
        command.add_argument("name", help="as in the roster: idn.focal1")


def _add_ledger(commands: Commands[argparse.ArgumentParser]) -> None:
    verify = _add(commands, "verify.verify", "verify the ledger")
    _add_state(verify)
    verify.add_argument(
        "--audit", default=None, help="address of the audit service (default: this network's)"
    )
    verify.add_argument(
        "--key", default=None, help="the log's verifier key (default: this network's)"
    )


if __name__ == "__main__":
    sys.exit(main())
