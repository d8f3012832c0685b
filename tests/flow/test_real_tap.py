"""A tap from the package registry, `tap-typeform`, reads the played Typeform by the vendor's own address."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.singer.source import SingerSource
from sandbox import surveys
from sandbox.gateway import Gateway
from sandbox.limits import Limits
from sandbox.surveys import serve
from tests.contract.source_contract import pulled

PACKAGE = "tap-typeform==2.4.4"
#: A folder with an environment that has it, for whoever runs this often.
KEPT = "NPSYNC_TEST_TAPS"


@pytest.fixture(scope="session")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tap's program, in an environment of its own."""
    folder = Path(os.environ.get(KEPT) or tmp_path_factory.mktemp("taps")) / "typeform"
    program = folder / "bin" / "tap-typeform"
    if program.exists():
        return program
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, timeout=120)
        install: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--retries",
            "1",
            "--timeout",
            "10",
            PACKAGE,
        ]
        subprocess.run(install, check=True, capture_output=True, timeout=240)
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"{PACKAGE} cannot be installed here: no package registry, or no compiler")
    return program


class Kept:
    """Secrets that may be replaced, as in a keyring."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def __call__(self, field: str) -> str:
        return self.values[field]

    def put(self, field: str, value: str) -> None:
        self.values[field] = value


def test_a_tap_from_the_registry_reads_every_response_and_goes_on_from_its_state(tap: Path, tmp_path: Path) -> None:
    """It knows nothing of us, signs in with a token that each use ends, and finds the service by its own name."""
    with (
        serve("typeform", responses=60, limits=Limits([])) as service,
        Gateway({"typeform.com": service.url}) as gateway,
    ):
        held = surveys.secrets(service)
        secrets = Kept({"token": "none yet"} | {name: held[name] for name in ("client_secret", "refresh_token")})

        def source() -> SingerSource:
            ours = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
            return SingerSource(
                name="survey",
                command=[str(tap)],
                streams=["answers"],
                config={"start_date": "2020-01-01T00:00:00Z", "client_id": held["client_id"], "page_size": 7},
                private=["token", "client_secret", "refresh_token"],
                where={"type": "opinion_scale", "_sdc_form_id": "VWO7mLtl"},
                columns={"response_id": "landing_id", "score": "answer", "responded_at": "submitted_at"},
                root=tmp_path,
                secrets=secrets,  # type: ignore[arg-type]
                environment=ours | gateway.environment,
                page_rows=20,
            )

        first = pulled(source())
        exchanged = secrets.values["refresh_token"]
        second = pulled(source(), first.last)

        truth = {each.id: each.score for each in service.world.truth() if each.survey == "VWO7mLtl"}
        assert [] == [page.refused for page in first.pages + second.pages if page.refused]
        assert truth == {each.response_id: each.score for each in first.responses}
        assert len(truth) > 10
        assert '"VWO7mLtl"' in first.last["survey"]
        # This tap reads its last day again each time; what it tells twice is the same.
        assert {each.response_id for each in second.responses} < set(truth)
        assert [] == gateway.refused
        assert len({held["refresh_token"], exchanged, secrets.values["refresh_token"]}) == 3
