"""dlt's reader of the same service, its `rest_api` source, run with dlt's own Python: URL, a folder to load into."""

import json
import sys
import time

import dlt
from dlt.sources.rest_api import rest_api_source


def source(url: str) -> object:
    """Describe the service as dlt's documentation does."""
    return rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {"type": "bearer", "token": "made-up"},
                "paginator": {"type": "cursor", "cursor_path": "next", "cursor_param": "token"},
            },
            "resources": [
                {
                    "name": "responses",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": {
                        "path": "responses",
                        "data_selector": "data",
                        "incremental": {"cursor_path": "created_at", "initial_value": "2020-01-01T00:00:00Z"},
                    },
                }
            ],
        }
    )


def main(url: str, folder: str = "") -> None:
    """Read all rows, or load them into SQLite, and print what it cost."""
    began, cpu = time.perf_counter(), time.process_time()
    if folder:
        target = dlt.destinations.sqlalchemy(f"sqlite:///{folder}/target.db")
        pipeline = dlt.pipeline("pulls", destination=target, dataset_name="main", pipelines_dir=f"{folder}/state")
        pipeline.run(source(url))
        rows = pipeline.last_trace.last_normalize_info.row_counts["responses"]
    else:
        rows = sum(1 for _ in source(url))
    spent = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "rows": rows}
    print(json.dumps({**spent, "version": dlt.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])
