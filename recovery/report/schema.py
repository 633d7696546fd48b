"""The JSON schema of report.json: `python -m recovery.report.schema` writes docs/report.schema.json anew."""

import json
from pathlib import Path

from recovery.report.document import Report

PATH = Path(__file__).parents[2] / "docs" / "report.schema.json"


def schema_json() -> bytes:
    """Return the schema of what `Report.to_json` returns."""
    schema = Report.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    PATH.write_bytes(schema_json())
