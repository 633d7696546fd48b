"""The JSON schema of a test's report.json: `python -m recovery.dr_test.schema` writes it into docs/ anew."""

import json
from pathlib import Path

from recovery.dr_test.document import DrTest

PATH = Path(__file__).parents[2] / "docs" / "evidence.schema.json"


def schema_json() -> bytes:
    """Return the schema of what `DrTest.to_json` returns."""
    schema = DrTest.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    PATH.write_bytes(schema_json())
