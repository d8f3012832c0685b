"""`npsync explain`: one response's way, from its file and row to the fields that were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.cli.render_rows import candidate, moment
from sync.cli.render_run import shown_key, value
from sync.cli.screen import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def chain(found: Mapping[str, Any]) -> str:
    """Say the whole way in the order in which it was gone."""
    response = found["response"]
    row = f", row {response['row']}" if response["row"] else ""
    lines = [
        f"{response['key']}",
        f"  came from     {response['file']}{row}",
        f"  answered      {moment(response['responded_at'])} UTC",
        f"  survey        {response['survey']} ({response['survey_kind']})",
        f"  score         {response['score']} ({response['category']})",
        f"  respondent    {response['respondent']}, known by {', '.join(found['claims']) or 'nothing'}",
    ]
    for mapping in found["mappings"]:
        lines += [
            "",
            f"mapping {mapping['mapping']}: {_state(mapping)}",
            *_decision(mapping),
            *_profile(mapping),
            *_writes(mapping),
        ]
    if not found["mappings"]:
        lines += ["", "No mapping has used it yet: npsync sync"]
    return listed(lines)


def _state(mapping: Mapping[str, Any]) -> str:
    reason = f" ({mapping['reason']})" if mapping["reason"] else ""
    return f"{mapping['state']}{reason} in run {mapping['run']}"


def _decision(mapping: Mapping[str, Any]) -> Iterable[str]:
    decision = mapping["decision"]
    if decision is None:
        yield "  match         not decided yet"
        return
    rule = f" by rule {decision['rule']}" if decision["rule"] else ""
    record = f" {decision['object']} {decision['record']}" if decision["record"] else ""
    yield f"  match         {decision['outcome']}{record}{rule} ({decision['reason']})"
    for item in decision["evidence"]:
        yield f"  evidence      {_words(item)}"
    for record_ in decision["candidates"] if decision["outcome"] == "held" else ():
        yield f"  candidate     {candidate(record_)}"
    if mapping.get("human"):
        human = mapping["human"]
        yield f"  a person said {human['verb']} {human['record'] or ''}".rstrip() + f", {moment(human['decided_at'])}"
    if decision["outcome"] == "held":
        yield f"  next step     npsync held {mapping['mapping']} --link {decision['respondent']} RECORD"


def _profile(mapping: Mapping[str, Any]) -> Iterable[str]:
    profile = mapping.get("profile")
    if profile is None:
        return
    latest = "this response" if profile["key"] == mapping["key"] else f"newer response {profile['key']}"
    trend = f", trend {profile['trend']}" if profile["trend"] else ""
    yield f"  profile       score {profile['score']} from {latest}"
    yield f"  standing      {profile['status']}{trend}, {profile['responses']} responses in all"
    if profile["segments"]:
        yield f"  segments      {', '.join(profile['segments'])}"


def _writes(mapping: Mapping[str, Any]) -> Iterable[str]:
    for write in mapping["writes"]:
        when = f"written in run {write['run']}" if write["run"] else "not written yet"
        yield f"  {write['object']} {shown_key(write['record'])}: {when}"
        for name, content in write["fields"].items():
            yield f"    {name} = {value(content)}"
        for name, content in write.get("undone", {}).items():
            yield f"    a person undid {name} = {value(content)}; it rests until something new is to be said"
        if write.get("waiting"):
            yield f"    waiting to be written: {', '.join(write['waiting'])}"
        if write.get("code"):
            yield f"    refused by the destination [{write['code']}]"


def _words(item: object) -> str:
    """One compared key in words, whatever it holds.

    >>> _words({"slot": "email", "source": "self_reported", "says": "many", "rule": "email",
    ...         "persons": [["customers C-7"], ["customers C-9"]]})
    'email (self_reported) says many: customers C-7 | customers C-9; rule email'
    """
    if not isinstance(item, dict):
        return str(item)
    rest = dict(item)
    slot, source, says = (rest.pop(name, None) for name in ("slot", "source", "says"))
    persons = " | ".join(", ".join(map(str, person)) for person in rest.pop("persons", None) or [])
    head = f"{slot or rest.get('kind', '')}" + (f" ({source})" if source else "") + (f" says {says}" if says else "")
    more = [f"{name} {content}" for name, content in rest.items() if name != "kind" and content not in (None, "", [])]
    return "; ".join(part for part in (f"{head}: {persons}" if persons else head, *more) if part)
