"""A verification's report in sentences, in one person's language."""

from __future__ import annotations

from rilon.audit.verify_client import Report
from rilon.ledger.verify import Fault, FaultCode
from rilon.texts.translator import Translator, translatable

_FAULTS = {
    FaultCode.CHECKPOINT_BAD: translatable(
        "The checkpoint can't be believed: {detail}. Check that the key is this log's; if it is, "
        "somebody else wrote this checkpoint."
    ),
    FaultCode.ROOT_DIFFERS: translatable(
        "The log doesn't lead to the root that was signed for {detail} entries: it was altered, "
        "and too much of it to say where."
    ),
    FaultCode.TILE_MISSING: translatable(
        "The hashes of entries {first} to {last} are missing ({path})."
    ),
    FaultCode.TILE_ALTERED: translatable(
        "The hashes of entries {first} to {last} are not those that were signed ({path})."
    ),
    FaultCode.ENTRIES_MISSING: translatable(
        "Entries {first} to {last} are missing or cut ({path})."
    ),
    FaultCode.ENTRY_ALTERED: translatable(
        "Entry {first} was altered: it is not the one whose hash stands in the tree ({path})."
    ),
    FaultCode.ENTRY_UNREADABLE: translatable(
        "Entry {first} doesn't read as an entry of this version ({detail}). It stands in the "
        "tree as it was written."
    ),
    FaultCode.ENTRY_KEY_UNKNOWN: translatable(
        "Entry {first} is signed by a key of {detail} that is not among those given."
    ),
    FaultCode.ENTRY_SIGNATURE_BAD: translatable(
        "Entry {first} claims to be signed by {detail}, and is not: the component didn't write it."
    ),
    FaultCode.ROLLED_BACK: translatable(
        "The log holds fewer entries than the {detail} of the checkpoint kept from earlier: "
        "it was set back."
    ),
    FaultCode.FORKED: translatable(
        "The log doesn't continue the checkpoint of {detail} entries kept from earlier: "
        "there are two records. Keep both checkpoints; together they are the proof."
    ),
    FaultCode.NOT_COMPARED: translatable(
        "The log couldn't be compared with the checkpoint of {detail} entries kept from earlier: "
        "the hashes for it are missing."
    ),
}

_SOUND = translatable("The ledger {origin} is sound: {size} entries lead to the signed root.")
_UNSOUND = translatable("The ledger {origin} is NOT sound.")
_READ = translatable("Every entry was read and is the one in the tree: {entries}.")
_NOT_READ = translatable(
    "Only the tree was checked. Entries are for the auditor: give the token to check them too."
)
_SIGNED = translatable("Every entry carries its component's signature: {signatures}.")
_NOT_SIGNED = translatable("The components' signatures were not checked: no keys were given.")
_MORE = translatable("And {more} more.")


def explain(report: Report, translator: Translator) -> list[str]:
    """What was found, one sentence a line, the conclusion first."""
    findings = report.findings
    if not report.sound:
        lines = [translator.say(_UNSOUND, origin=report.origin).plain]
        lines += [explain_fault(fault, translator) for fault in findings.faults]
        if findings.more:
            lines.append(translator.say(_MORE, more=str(findings.more)).plain)
        return lines
    lines = [translator.say(_SOUND, origin=report.origin, size=str(findings.size)).plain]
    if not report.entries_read:
        return [*lines, translator.say(_NOT_READ).plain]
    lines.append(translator.say(_READ, entries=str(findings.entries)).plain)
    if report.signatures_checked:
        lines.append(translator.say(_SIGNED, signatures=str(findings.signatures)).plain)
    else:
        lines.append(translator.say(_NOT_SIGNED).plain)
    return lines


def explain_fault(fault: Fault, translator: Translator) -> str:
    """One fault as a sentence."""
    values = {
        "first": "?" if fault.first is None else str(fault.first),
        "last": "?" if fault.last is None else str(fault.last),
        "path": fault.path,
        "detail": fault.detail,
    }
    return translator.say(_FAULTS[fault.code], **values).plain
