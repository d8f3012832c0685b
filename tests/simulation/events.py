"""What happens in a world by itself: people answer, edit and withdraw; admins create, forbid and delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulation.crm import Contact
from tests.simulation.survey import Row, edited, mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.history import Item
    from tests.simulation.world import World

DAY_S = 86_400.0


def populate(world: World) -> None:
    """Make the contacts that there are before anything happens."""
    for person in range(world.knobs.persons):
        if person in world.knobs.known:
            _contact(world, person)


def happen(world: World, item: Item) -> None:
    """Let one thing happen; where there is nothing for it to happen to, nothing does."""
    effect = HAPPENINGS.get(item.what)
    if effect is not None:
        numbers = [int(each) for each in item.how] + [0, 0]
        effect(world, numbers[0], numbers[1])
        world.log(f"world {item.what} {item.how}")


def _answer(world: World, number: int, score: int) -> None:
    # Answers do not arrive in the order in which they were given.
    answered_s = world.time.passed_s - (number % 7) * 0.4 * DAY_S
    _new(world, number, score, answered_s, world.time.passed_s)


def _late(world: World, number: int, score: int) -> None:
    """A row that its service shows some minutes after it was changed."""
    changed_s = world.time.passed_s - number % 590
    _new(world, number, score, changed_s, changed_s)


def _tie(world: World, number: int, score: int) -> None:
    """Two answers of one moment, of one person or of two."""
    for other in (number, number + score % 2):
        _new(world, other, (score + other) % 11, world.time.passed_s, world.time.passed_s)


def _new(world: World, number: int, score: int, answered_s: float, changed_s: float) -> None:
    survey = world.survey
    row = Row(len(survey.rows), number % world.knobs.persons, score, answered_s, changed_s, world.time.passed_s)
    survey.rows[row.number] = row


def _edit(world: World, number: int, score: int) -> None:
    survey = world.survey
    there = [row for row in survey.rows.values() if row.number not in survey.withdrawn]
    if not there:
        return
    old = there[number % len(there)]
    world.time.sleep(1.0)
    survey.earlier.append(old)
    survey.rows[old.number] = edited(old, score, world.time.passed_s)


def _reassign(world: World, number: int, score: int) -> None:
    """An answer turns out to be the last person's."""
    survey = world.survey
    there = [row for row in survey.rows.values() if row.number not in survey.withdrawn]
    if not there:
        return
    old = there[number % len(there)]
    world.time.sleep(1.0)
    survey.earlier.append(old)
    moved = edited(old, score, world.time.passed_s)
    survey.rows[old.number] = replace(moved, person=world.knobs.persons - 1)


def _withdraw(world: World, number: int, _: int) -> None:
    if world.survey.rows:
        world.survey.withdrawn.add(number % len(world.survey.rows))


def _reject(world: World, _number: int, _: int) -> None:
    world.survey.rejects += 1


def _skip(world: World, _number: int, _: int) -> None:
    world.survey.skips += 1


def _create(world: World, number: int, _: int) -> None:
    """Somebody enters a contact, now and then one that is there already."""
    _contact(world, number % world.knobs.persons)


def _contact(world: World, person: int) -> None:
    crm = world.crm
    id_ = f"c{len(crm.contacts)}"
    crm.contacts[id_] = Contact(id_, [mail(person)], f"a{person % 2}")
    crm.version += 1


def _merge(world: World, number: int, other: int) -> None:
    live = [contact.id for contact in world.crm.contacts.values() if contact.live]
    loser, winner = (live[each % len(live)] for each in (number, other)) if live else ("", "")
    if loser != winner:
        world.crm.merge(loser, winner)


def _delete(world: World, number: int, _: int) -> None:
    live = [contact.id for contact in world.crm.contacts.values() if contact.live]
    if len(live) > 1:
        world.crm.delete(live[number % len(live)])


def _some_contact(world: World, number: int) -> Contact | None:
    contacts = list(world.crm.contacts.values())
    return contacts[number % len(contacts)] if contacts else None


def _forbid(world: World, number: int, score: int) -> None:
    if contact := _some_contact(world, number):
        contact.forbidden = score


def _allow(world: World, number: int, _: int) -> None:
    if contact := _some_contact(world, number):
        contact.forbidden = None


def _touch(world: World, _number: int, _: int) -> None:
    world.crm.version += 1


def _drift(world: World, number: int, _: int) -> None:
    world.story.met["drift"] += 1
    world.crm.missing.add(("comment", "trend")[number % 2])


def _mend(world: World, _number: int, _: int) -> None:
    world.crm.missing.clear()


def _redefine(world: World, _number: int, _: int) -> None:
    world.version = 1 - world.version


def _wait(world: World, number: int, _: int) -> None:
    world.time.sleep((number % 450) * DAY_S)


def _jump(world: World, seconds: int, _: int) -> None:
    world.story.met["clock jump"] += 1
    world.time.jump(float(seconds))


HAPPENINGS: dict[str, Callable[[World, int, int], None]] = {
    "answer": _answer,
    "late": _late,
    "tie": _tie,
    "edit": _edit,
    "reassign": _reassign,
    "withdraw": _withdraw,
    "reject": _reject,
    "skip": _skip,
    "create": _create,
    "forbid": _forbid,
    "allow": _allow,
    "touch": _touch,
    "drift": _drift,
    "mend": _mend,
    "redefine": _redefine,
    "wait": _wait,
    "merge": _merge,
    "delete": _delete,
    "jump": _jump,
}
