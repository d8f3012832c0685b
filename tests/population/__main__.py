"""Print the gate table: `python -m tests.population --contacts 200000 --responses 200000 --seeds 701 702`."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from sync.identity.settings import IdentitySettings
from sync.identity.standalone import resolve_files
from tests.population.answers import make_answers
from tests.population.listing import Listing
from tests.population.planting import make_crm
from tests.population.scoring import recall_det, score

if TYPE_CHECKING:
    from tests.population.crm import Crm


def settings_for(crm: Crm, *, accept: bool = False) -> IdentitySettings:
    """Return the settings that this CRM's owner would write."""
    return IdentitySettings.model_validate(
        {
            "exclude": {"domains": ["ours.example"]},
            "ids": {"customer_id": {"numeric": True, "strip_prefix": ["C-", "C", "CUST-"]}},
            "alias_domains": crm.alias_domains(),
            "phone_alone": "accept" if accept else "require_name",
        }
    )


def main() -> None:
    """Make, resolve and score populations."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contacts", type=int, default=50_000)
    options.add_argument("--responses", type=int, default=50_000)
    options.add_argument("--seeds", type=int, nargs="+", default=[1])
    options.add_argument("--profiles", nargs="+", default=["default", "hostile"])
    options.add_argument("--traps", action="store_true", help="print outcomes by trap")
    given = options.parse_args()
    out = sys.stdout
    out.write("profile  seed mode    matched wrong precision  rec_det rec_poss review  dup  acc_prec acc_rec seconds\n")
    for profile in given.profiles:
        for seed in given.seeds:
            crm = make_crm(given.contacts, seed, profile)
            answers = make_answers(crm, given.responses, seed, profile)
            listing = Listing(crm.table())
            for accept in (False, True):
                began = time.perf_counter()
                responses = (answer.response for answer in answers)
                made = list(
                    resolve_files(listing, responses, settings_for(crm, accept=accept), accounts=crm.accounts())
                )
                seconds = time.perf_counter() - began
                s = score(answers, made, crm.owner)
                dups = sum(n for trap, n in s.dup_create.items() if not trap.startswith("typo"))
                mode, wrong = "accept" if accept else "default", sum(s.wrong.values())
                out.write(
                    f"{profile:8} {seed:4} {mode:7} {s.matched:7} {wrong:5} {s.precision:.6f} {recall_det(s):8.4f} "
                    f"{s.recall_possible():8.4f} {s.review_rate:6.2%} {dups:4} {s.account_precision:9.6f} "
                    f"{s.account_recall:7.4f} {seconds:7.1f}\n"
                )
                if s.wrong:
                    out.write(f"  wrong: {dict(s.wrong)}\n")
                if given.traps:
                    for (trap, outcome, reason), count in sorted(s.outcomes.items()):
                        out.write(f"  {trap:22} {outcome:9} {reason:20} {count}\n")
                out.flush()


if __name__ == "__main__":
    main()
