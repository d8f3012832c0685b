"""What a user reads for each typical mistake in a config: YAML, code, message."""

from __future__ import annotations

#: A file without a mistake.
GOOD = """\
version: 1
connections:
  survey: {type: file, path: in.csv}
  profiles: {type: warehouse, url: sqlite:///.npsync/profiles.db}
"""

GOLDEN = {
    "misspelt key": (
        GOOD + "limts: {creates: 1}\n",
        "E103",
        [
            (
                "config.yaml:5:1: unknown key `limts`\n"
                "    limts: {creates: 1}\n"
                "    ^\n"
                "    Did you mean `limits`? Keys here: connections, identity, ledger, limits, mappings, nps, privacy,"
                " schedule, segments, version."
            )
        ],
    ),
    "misspelt key of a connection": (
        "version: 1\nconnections:\n  survey: {type: file, path: a, prest: auto}\n",
        "E103",
        [
            (
                "config.yaml:3:33: unknown key `prest`\n"
                "      survey: {type: file, path: a, prest: auto}\n"
                "                                    ^\n"
                "    Did you mean `preset`? Keys here: columns, date_order, delimiter, encoding, kind, path,"
                " preset, scale,"
                " sheet, survey, time_zone, type, where."
            )
        ],
    ),
    "wrong type": (
        GOOD + "limits:\n  creates: many\n",
        "E103",
        [
            (
                "config.yaml:6:12: `limits.creates` should be a whole number, not the text `many`\n"
                "      creates: many\n"
                "               ^\n"
                "    How many new customer records a run may create; 0 creates none."
            )
        ],
    ),
    "no for false": (
        "version: 1\nconnections:\n  p: {type: warehouse, url: sqlite:///p.db, index: no}\n",
        "E103",
        [
            (
                "config.yaml:3:52: `connections.p.index` should be `true` or `false`, not the text `no`\n"
                "      p: {type: warehouse, url: sqlite:///p.db, index: no}\n"
                "                                                       ^\n"
                "    Write `false`."
            )
        ],
    ),
    "a number for a text": (
        "version: 1\nconnections:\n  s: {type: file, path: 2026}\n",
        "E103",
        [
            (
                "config.yaml:3:25: `connections.s.path` should be a text, not the number 2026\n"
                "      s: {type: file, path: 2026}\n"
                "                            ^\n"
                "    Put it in quotes if you mean the text."
            )
        ],
    ),
    "wrong word": (
        "version: 1\nconnections:\n  s: {type: file, path: a, date_order: dmyy}\n",
        "E103",
        [
            (
                "config.yaml:3:40: `connections.s.date_order` cannot be the text `dmyy`\n"
                "      s: {type: file, path: a, date_order: dmyy}\n"
                "                                           ^\n"
                "    Did you mean `dmy`? It can be: auto, dmy, mdy, ymd."
            )
        ],
    ),
    "missing key": (
        "version: 1\nconnections:\n  s: {type: file}\n",
        "E103",
        [
            (
                "config.yaml:3:3: `path` is missing in `connections.s`\n"
                "      s: {type: file}\n"
                "      ^\n"
                "    A file, a folder or a pattern such as `exports/*.csv`; relative to this file."
            )
        ],
    ),
    "percent out of range": (
        GOOD + "limits: {stop_if_changed: 110%}\n",
        "E103",
        [
            (
                "config.yaml:5:27: `limits.stop_if_changed`: a percentage is a number from 0 to 100 and a percent sign,"
                " such as `10%`\n"
                "    limits: {stop_if_changed: 110%}\n"
                "                              ^\n"
                "    Stop when a run would change a larger share of the records it has written before."
            )
        ],
    ),
    "unknown type": (
        GOOD + "  crm: {type: salesforse}\n",
        "E104",
        [
            (
                "config.yaml:5:15: there is no connection type `salesforse`\n"
                "      crm: {type: salesforse}\n"
                "                  ^\n"
                "    Did you mean `salesforce`? Known types: file, hubspot, salesforce, warehouse."
            )
        ],
    ),
    "password in an address": (
        "version: 1\nconnections:\n  p: {type: warehouse, url: 'postgresql://me:hunter2@h/d'}\n",
        "E103",
        [
            (
                "config.yaml:3:24: a password stands in this address\n"
                "      p: {type: warehouse, url: 'postgresql://me:*******@h/d'}\n"
                "                           ^\n"
                "    Delete it here and set NPSYNC_P_PASSWORD in the environment, or keep it in the system's keyring"
                " (service `npsync`, name `p.password`). Change the password if this file was ever shared."
            )
        ],
    ),
    "a segment's field": (
        GOOD + "segments:\n  angry: {categry: detractor}\n",
        "E103",
        [
            (
                "config.yaml:6:11: unknown key `categry`\n"
                "      angry: {categry: detractor}\n"
                "              ^\n"
                "    Did you mean `category`? Keys here: age, all, any, category, not, responses, risk,"
                " risk_reasons, score, sent_age,"
                " source,"
                " status, survey, survey_kind, surveyed, trend."
            )
        ],
    ),
    "a newer file": (
        GOOD.replace("1", "2", 1),
        "E103",
        [
            (
                "config.yaml:1:10: `version` should be 1, not the number 2\n"
                "    version: 2\n"
                "             ^\n"
                "    This npsync reads version 1; a newer file needs a newer npsync."
            )
        ],
    ),
    "duplicate key": (
        GOOD + "version: 1\n",
        "E102",
        ["config.yaml:5:1: `version` is here twice (first on line 1)\n    version: 1\n    ^\n    Keep one of the two."],
    ),
    "empty file": ("# nothing yet\n", "E102", ["config.yaml: this file is empty\n    Start with `version: 1`."]),
    "a list": (
        "- version\n",
        "E103",
        ["config.yaml:1:1: the file should be a block of `key: value` lines, not a list\n    - version\n    ^"],
    ),
}
