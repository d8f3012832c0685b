"""dlt's documented way from CSV files to a table, run with dlt's own Python: folder, target, state folder."""

import sys

import dlt
from dlt.sources.filesystem import filesystem, read_csv


def main(folder: str, target: str, state: str) -> None:
    """Load the files that are new, merging rows by their id, into SQLite."""
    files = filesystem(bucket_url=folder, file_glob="*.csv")
    files.apply_hints(incremental=dlt.sources.incremental("modification_date"))
    responses = (files | read_csv()).with_name("responses")
    responses.apply_hints(write_disposition="merge", primary_key="response_id")
    pipeline = dlt.pipeline(
        "peer",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{target}"),
        dataset_name="main",
        pipelines_dir=state,
    )
    pipeline.run(responses)
    print(dlt.__version__)


if __name__ == "__main__":
    main(*sys.argv[1:])
