"""What a lab's estate says of its tests: what they are of, who takes part, and the key that signs their evidence."""

from pydantic import JsonValue

from lab.place import Lab
from recovery.evidence_pack.signing import new_pair

KEY = "evidence-key"
ADA: dict[str, JsonValue] = {"name": "Ada", "role": "on call; approves in a lab"}
GRACE: dict[str, JsonValue] = {"name": "Grace", "role": "reads the evidence"}


def testing(lab: Lab) -> dict[str, JsonValue]:
    """Write the key pair, and return the block `recovery.testing`."""
    private, public = new_pair()
    (lab.folder / "secrets" / KEY).write_text(private.get_secret_value())
    (lab.folder / "secrets" / f"{KEY}.pem").write_bytes(public)
    return {
        "plan_version": "lab",
        "kind": "isolated",
        "announced": "planned",
        "scope_in": [
            "both regions' PostgreSQL, Redis, services and gateways",
            "Route 53, DNS, S3",
        ],
        "scope_out": [
            "the company's own clients: a prober stands for them",
            "AWS itself: a server plays its APIs",
        ],
        "assumptions": ["both regions are on one machine: no distance, and no hardware of their own"],
        "participants": [ADA],
        "nobody_absent": True,
        "no_third_parties": True,
        "findings_owner": "whoever runs the lab",
        "reviewer": GRACE,
        "signs": [ADA, GRACE],
        "signing_key_secret": KEY,
    }
