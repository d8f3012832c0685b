"""Airbyte's declarative reader of the same service, run with its own Python: its messages, before they are written."""

import json
import logging
import sys
import time
from importlib.metadata import version

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource


def manifest(url: str) -> dict:
    """Describe the service as the low-code documentation does."""
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["responses"]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "responses",
                "primary_key": ["id"],
                "incremental_sync": {
                    "type": "DatetimeBasedCursor",
                    "cursor_field": "created_at",
                    "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
                    "start_datetime": {"type": "MinMaxDatetime", "datetime": "2020-01-01T00:00:00Z"},
                },
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": url,
                        "path": "responses",
                        "http_method": "GET",
                        "authenticator": {"type": "BearerAuthenticator", "api_token": "made-up"},
                    },
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                    },
                    "paginator": {
                        "type": "DefaultPaginator",
                        "page_token_option": {
                            "type": "RequestOption",
                            "inject_into": "request_parameter",
                            "field_name": "token",
                        },
                        "pagination_strategy": {
                            "type": "CursorPagination",
                            "cursor_value": "{{ response['next'] }}",
                            "stop_condition": "{{ not response.get('next') }}",
                        },
                    },
                },
                "schema_loader": {
                    "type": "InlineSchemaLoader",
                    "schema": {"type": "object", "additionalProperties": True, "properties": {}},
                },
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}, "additionalProperties": True},
        },
    }


def main(url: str) -> None:
    """Read all rows and print what it cost."""
    logger = logging.getLogger("airbyte")
    logger.setLevel(logging.ERROR)
    catalog: ConfiguredAirbyteCatalog = ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": {
                        "name": "responses",
                        "json_schema": {},
                        "supported_sync_modes": ["full_refresh", "incremental"],
                        "source_defined_cursor": True,
                    },
                    "sync_mode": "incremental",
                    "destination_sync_mode": "append",
                }
            ]
        }
    )
    began, cpu = time.perf_counter(), time.process_time()
    source = ConcurrentDeclarativeSource(catalog=catalog, config={}, state=[], source_config=manifest(url))
    rows = sum(1 for message in source.read(logger, {}, catalog, []) if message.type.value == "RECORD")
    spent = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "rows": rows}
    print(json.dumps({**spent, "version": version("airbyte-cdk")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
