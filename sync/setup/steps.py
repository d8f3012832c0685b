"""The steps of a first mapping: source, CRM, match, fields, missing fields. Each asks, looks, and says what it found.

Nothing is written here, to no file and to no CRM: the last step is the face's, with the `Plan` that these end with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

from connectors.shaping import Wanted
from connectors.values import Field
from sync.setup.bench import tool_of
from sync.setup.ends import SOURCE, destination, source
from sync.setup.events import Heading, Note, Question, Shown
from sync.suggest.choosing import Origin, suggest
from sync.suggest.draft import READY, STYLES, Draft
from sync.suggest.preview import preview
from sync.trial import Tried

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sync.field_plan import FieldPlan
    from sync.setup.bench import Bench
    from sync.setup.events import Event
    from sync.suggest.choosing import Suggested

#: The system's right to make fields, as its rights name it.
_MAKES = ("CustomizeApplication", "crm.schemas.contacts.write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a setup came to."""

    config: str
    #: The mapping's name, and its text.
    name: str
    mapping: str
    fields: FieldPlan
    #: What becomes of missing fields: `create`, `metadata` or `later`; `none` when none is missing.
    make: str


def setup(bench: Bench) -> Generator[Event, str, Plan]:
    """Ask for everything that a first mapping needs."""
    yield Heading(number=1, title="Source")
    yield from source(bench)
    yield Heading(number=2, title="CRM")
    crm = yield from destination(bench)
    object_ = yield Question(
        key="object",
        ask="The object that holds persons",
        choices=STYLES[crm].objects,
        default=STYLES[crm].objects[0],
    )
    yield from allowed(bench, crm, object_)
    yield Heading(number=3, title="Match")
    draft = yield from matching(bench, crm, object_)
    yield Heading(number=4, title="Fields")
    draft = yield from fields(bench, draft)
    yield Heading(number=5, title="Missing fields")
    return (yield from missing(bench, draft))


def allowed(bench: Bench, crm: str, object_: str) -> Generator[Event, str, None]:
    """Show what is granted beside what is needed to find and change persons."""
    rights = bench.rights(crm, [_persons(crm, object_)])
    if rights is not None:
        yield Shown(name="rights", value=rights)


def _persons(crm: str, object_: str) -> Wanted:
    """Return what every mapping wants: to find records, and to change them."""
    id_ = STYLES[crm].match[0][0]
    return Wanted(object=object_, fields=(Field(name=id_, type="text"),), key=(id_,))


def matching(bench: Bench, crm: str, object_: str) -> Generator[Event, str, Draft]:
    """Try match rules on the sample, each by itself and in each order, and ask which ones to take."""
    style = STYLES[crm]
    known = {name: (name, word, about) for name, word, about in style.match}
    plain = Draft(
        source=SOURCE,
        destination=crm,
        system=crm,
        suggested=suggest(object_, ()),
    )
    orders = [order for many in range(1, len(known) + 1) for order in permutations(known, many)]

    def lead() -> Shown:
        tried = {order: _tried(bench, plain, [known[name] for name in order]) for order in orders}
        return Shown(name="matches", value={", ".join(order): result for order, result in tried.items()})

    chosen = yield Question(
        key="match",
        ask="The rules, in order; the first one that finds exactly one record wins",
        default=", ".join(known),
        lead=lead,
        check=lambda said: _unknown([each.strip() for each in said.split(",")], list(known)),
    )
    on_none = yield Question(key="on-none", ask="Whom no record is found for", choices=("hold", "skip"), default="hold")
    on_many = yield Question(
        key="on-many", ask="Whom several records are found for", choices=("hold", "skip"), default="hold"
    )
    rules = [known[each.strip()] for each in chosen.split(",")]
    return replace(plain, match=rules, on_none=on_none, on_many=on_many)


def _tried(bench: Bench, draft: Draft, rules: Sequence[tuple[str, str, str]]) -> Tried:
    mapping = bench.mapping(replace(draft, match=rules).text(), "trial")
    return Tried.of(bench.match(SOURCE, mapping))


def _unknown(said: Sequence[str], known: Sequence[str]) -> str:
    wrong = [each for each in said if each not in known]
    return f"`{wrong[0][:60]}` is none of {', '.join(known)}" if wrong else ""


def fields(bench: Bench, draft: Draft) -> Generator[Event, str, Draft]:
    """Propose fields, and ask which of the proposals to take."""
    object_ = draft.suggested.object
    sample = bench.sample(SOURCE)
    origin = Origin(tool=tool_of(bench.connections, SOURCE, sample), kind="relational")
    found = suggest(object_, bench.fields(draft.destination, object_), origin)
    shown = {each.field.name: preview(each, sample.responses) for each in found.proposals}
    previews = {name: one for name, one in shown.items() if one is not None}
    yield Shown(name="fields", value=(found, previews))
    if found.proposals:
        words = [each.word for each in found.proposals]
        said = yield Question(
            key="fields",
            ask="Which of them to write: all, none, or words",
            default="all",
            check=lambda said: _listed(said, words),
        )
        taken = _words(said, words)
        found = replace(found, proposals=[each for each in found.proposals if each.word in taken])
    return replace(draft, suggested=found, previews=previews)


def _listed(said: str, words: Sequence[str]) -> str:
    return "" if said in ("all", "none") else _unknown([each.strip() for each in said.split(",")], words)


def _words(said: str, words: Sequence[str]) -> list[str]:
    return list(words) if said == "all" else [] if said == "none" else [each.strip() for each in said.split(",")]


def missing(bench: Bench, draft: Draft) -> Generator[Event, str, Plan]:
    """Ask what becomes of words that no field was found for, and show what would be made."""
    free = _free(bench, draft)
    for word in draft.missing():
        if word not in free:
            name = draft.style.name(READY[word])
            yield Note(text=f"{word}: `{name}` is there and was not proposed: see above", is_warning=True)
    make = "none"
    if free:
        ask = f"No field was found for {', '.join(free)}. Which to make: all, none, or words"
        said = yield Question(
            key="missing",
            ask=ask,
            default="all",
            check=lambda said: _listed(said, free) or _nothing(said, draft.suggested),
        )
        wanted = _words(said, free)
        if wanted:
            draft = replace(draft, make=wanted)
            make = yield from _how(bench, draft)
    mapping = bench.mapping(draft.text(), draft.destination)
    planned = bench.plan(mapping)
    yield Shown(name="plan", value=planned)
    return Plan(config=bench.text, name=draft.destination, mapping=draft.text(), fields=planned, make=make)


def _nothing(said: str, found: Suggested) -> str:
    return "a mapping needs one field at least" if said == "none" and not found.proposals else ""


def _free(bench: Bench, draft: Draft) -> list[str]:
    """Return the words without a field whose own name for one is not taken."""
    names = {each.name.casefold() for each in bench.fields(draft.destination, draft.suggested.object)}
    return [word for word in draft.missing() if draft.style.name(READY[word]).casefold() not in names]


def _how(bench: Bench, draft: Draft) -> Generator[Event, str, str]:
    rights = bench.rights(draft.destination, [_persons(draft.system, draft.suggested.object)])
    told = [*rights.superfluous, *rights.needed] if rights is not None else []
    may = any(each.name.removeprefix("scope ") in _MAKES for each in told)
    deployable = draft.system == "salesforce"
    choices = ("create", "metadata", "later") if deployable else ("create", "later")
    yield Note(
        text="create: npsync makes them in the last step, after a yes"
        + ("; metadata: files for an administrator to deploy" if deployable else "")
        + "; later: the mapping names them, you make them"
    )
    default = "create" if may or not deployable else "metadata"
    return (yield Question(key="make", ask="How they are made", choices=choices, default=default))
