"""What a user reads for each typical mistake in a mapping: YAML, code, message."""

from __future__ import annotations

#: A file without a mistake.
GOOD = """\
version: 1
from: survey
to: profiles
object: people
records: {object: customers, id: customer_id, email: [email, work_email], account: account_id}
match:
  - {customer_id: person.customer_id}
  - {email: person.email}
  - {mobile: person.phone}
fields:
  nps_score: score
"""

GOLDEN = {
    "unknown word": (
        GOOD.replace(": score", ": skore"),
        "E103",
        (
            "11:14: unknown word `skore`\n"
            "      nps_score: skore\n"
            "                 ^\n"
            "    Did you mean `score`? Words for a person: "
        ),
    ),
    "unknown word in the long form": (
        GOOD.replace(": score", ": {from: skore}"),
        "E103",
        "11:21: unknown word `skore`\n",
    ),
    "misspelt option": (
        GOOD.replace(": score", ": {from: comment, truncat: 9}"),
        "E103",
        (
            "11:30: unknown key `truncat`\n"
            "      nps_score: {from: comment, truncat: 9}\n"
            "                                 ^\n"
            "    Did you mean `truncate`? Keys here: clears, from, truncate, values, write."
        ),
    ),
    "unknown connection": (
        GOOD.replace("profiles", "profile"),
        "E105",
        (
            "3:5: there is no connection `profile`\n"
            "    to: profile\n"
            "        ^\n"
            "    Did you mean `profiles`? Connections in the config: crm, profiles, survey."
        ),
    ),
    "a source as destination": (
        GOOD.replace("to: profiles", "to: survey"),
        "E103",
        "3:5: `survey` is a file and cannot be written to\n",
    ),
    "a destination as source": (
        GOOD.replace("from: survey", "from: profiles"),
        "E103",
        "2:7: `profiles` is a warehouse and gives no responses\n",
    ),
    "mapped twice": (
        GOOD + "  NPS_Score: points\n",
        "E103",
        (
            "12:3: `NPS_Score` is mapped twice (also by `nps_score`)\n"
            "      NPS_Score: points\n"
            "      ^\n"
            "    Keep one of the two."
        ),
    ),
    "key mapped twice": (
        GOOD + "key: {nps_score: record.id}\n",
        "E103",
        "11:3: `nps_score` is mapped twice (also by `key`)\n",
    ),
    "a value left out": (
        GOOD + "  c: {from: category, values: {promoter: P, passive: N}}\n",
        "E103",
        "12:23: `values` leaves out detractor\n",
    ),
    "a value that never comes": (
        GOOD + "  c: {from: trend, values: {improving: U, steady: S, declinin: D}}\n",
        "E103",
        (
            "12:54: `trend` is never `declinin`\n"
            "      c: {from: trend, values: {improving: U, steady: S, declinin: D}}\n"
            "                                                         ^\n"
            "    Did you mean `declining`? It can be: declining, improving, steady."
        ),
    ),
    "values of a number": (
        GOOD + "  c: {from: points, values: {'100': P}}\n",
        "E103",
        "12:21: `points` has no fixed values to translate\n",
    ),
    "truncate nothing": (
        GOOD + "  c: {from: comment, truncate: 0}\n",
        "E103",
        "12:32: `fields.c.truncate` should be at least 1, not 0\n",
    ),
    "truncate a number": (
        GOOD + "  c: {from: points, truncate: 3}\n",
        "E103",
        "12:21: `points` is a number and cannot be cut\n",
    ),
    "clear and keep": (
        GOOD + "  c: {from: trend, write: if_blank, clears: true}\n",
        "E103",
        "12:37: `clears` and `write: if_blank` exclude each other\n",
    ),
    "wrong word for an option": (
        GOOD.replace("version: 1", "version: 1\non_none: hodl"),
        "E103",
        (
            "2:10: `on_none` cannot be the text `hodl`\n"
            "    on_none: hodl\n"
            "             ^\n"
            "    Did you mean `hold`? It can be: create, hold, skip."
        ),
    ),
    "a match by something else": (
        GOOD.replace("person.phone", "person.fone"),
        "E103",
        (
            "9:14: unknown word `person.fone`\n"
            "      - {mobile: person.fone}\n"
            "                 ^\n"
            "    Did you mean `person.phone`? A record is found by: "
        ),
    ),
    "two columns in a rule": (
        GOOD.replace("{mobile: person.phone}", "{mobile: person.phone, email: person.email}"),
        "E103",
        "9:5: a rule names one column\n",
    ),
    "the same rule twice": (
        GOOD.replace("{mobile: person.phone}", "{email: person.email}"),
        "E103",
        "9:5: `email: person.email` is here twice\n",
    ),
    "no records in a database": (
        GOOD.replace(GOOD.splitlines()[4] + "\n", ""),
        "E103",
        "4:1: `records` is missing\n",
    ),
    "no column for the id": (
        GOOD.replace("id: customer_id, ", ""),
        "E103",
        "5:1: `id` is missing in `records`\n",
    ),
    "a key that is nobody's": (
        GOOD + "key: {score: score}\n",
        "E103",
        (
            "12:1: `key` does not hold `record.id` or `person.id`\n"
            "    key: {score: score}\n"
            "    ^\n"
            "    Without it, rows would overwrite each other."
        ),
    ),
    "responses without a key": (
        GOOD + "responses: {object: responses, fields: {score: score}}\n",
        "E103",
        "12:1: `key` is missing in `responses`\n",
    ),
    "responses that overwrite each other": (
        GOOD + "responses: {object: responses, key: {id: record.id}, fields: {score: score}}\n",
        "E103",
        "12:32: `key` does not hold `key` or `response_id`\n",
    ),
    "memberships that overwrite each other": (
        GOOD + "segments: {object: members, key: {id: record.id}}\n",
        "E103",
        "12:29: `key` does not hold `segment`\n",
    ),
    "accounts without a key": (
        GOOD + "rollup: {object: accounts, fields: {nps: nps}}\n",
        "E103",
        "12:10: `key` is missing in `rollup`\n",
    ),
    "persons without an account": (
        GOOD.replace(", account: account_id", "")
        + "rollup: {object: accounts, key: {id: account}, fields: {nps: nps}}\n",
        "E103",
        "12:1: nothing says which account a person belongs to\n",
    ),
    "two blocks for one table": (
        GOOD + "responses: {object: people, key: {id: key}, fields: {score: score}}\n",
        "E103",
        "12:13: `people` is written by `object` too\n",
    ),
    "a profile's word for an account": (
        GOOD + "rollup: {object: accounts, key: {id: account}, fields: {nps: score}}\n",
        "E103",
        "12:62: unknown word `score`\n",
    ),
    "its name inside": (GOOD + "name: x\n", "E103", "12:1: unknown key `name`\n"),
}
