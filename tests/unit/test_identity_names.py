"""Names neither veto what is only written otherwise, nor confirm what only sounds alike."""

from __future__ import annotations

import pytest

from sync.identity.names import Agreement, agreement, name_of


@pytest.mark.parametrize(
    ("theirs", "given", "expected"),
    [
        (("David", "Olsen-Alvarez"), ("Olsen-Alvarez", None), Agreement.COMPATIBLE),
        (("David", "Olsen-Alvarez"), (None, "Olsen Alvarez"), Agreement.COMPATIBLE),
        (("Theodor", "Kern"), ("Theo", "Kern"), Agreement.COMPATIBLE),
        (("Daniel", "Kern"), ("Daniela", "Kern"), Agreement.CONFLICT),
        (("Miguel", "Carley"), ("Michael", "Malferini"), Agreement.CONFLICT),
        (("Michael", "Carley"), ("Mike", "Carley"), Agreement.SAME),
        (("Anna", "Carley"), ("Anna", "Malferini"), Agreement.FIRST_ONLY),
        (("Anna", "Carley"), ("Anna-Lena", "Malferini"), Agreement.FIRST_ONLY),
        (("Anna", "Carley"), ("Carley", None), Agreement.COMPATIBLE),
        (("Anna", "Carley"), ("Malferini", None), Agreement.CONFLICT),
    ],
)
def test_names_agree_as_far_as_they_do(theirs, given, expected):
    found = agreement(name_of(*theirs, None), name_of(*given, None))

    assert expected is found
    assert expected is agreement(name_of(*given, None), name_of(*theirs, None))
