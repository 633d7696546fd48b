"""What automations say to people: Jinja templates, into which an event's values come as values.

A value never becomes a part of a template, and what others wrote goes through `as_text`.
"""

LONGEST = 1000
WIDE = (
    ("&", "\uff06"),
    ("<", "\uff1c"),
    (">", "\uff1e"),
    ("@", "\uff20"),
    ("[", "\uff3b"),
    ("]", "\uff3d"),
    ("://", ":\uff0f\uff0f"),
    ("\n", " "),
)
"""Signs that make a mention, a link or a line, and their look-alikes that make none."""


def as_text(expression: str) -> str:
    """Return the template of an expression's value as text: one line, cut, without mentions and links.

    Apprise, by which Prefect speaks to Slack, makes mentions of `<!channel>` and `<@U1>`
    (apprise/plugins/slack.py, `_re_channel_support`). Entities would not do: it escapes them once more, so that
    people read `&lt;`, and each other channel has signs of its own.
    """
    replaced = "".join(f" | replace({sign!r}, {wide!r})" for sign, wide in WIDE)
    return f"{{{{ ({expression}) | default('', true) | string{replaced} | truncate({LONGEST}, true) }}}}"


VERDICT_TITLE = "Eden DR: " + as_text("event.payload.title")
VERDICT = (
    as_text("event.payload.sentence")
    + "{% for missing in event.payload.missing %}\nmissing: "
    + as_text("missing")
    + "{% endfor %}"
)
READINESS = (
    as_text("event.payload.headline")
    + "{% for failed in event.payload.failed or [] %}\nfailed: "
    + as_text("failed")
    + "{% endfor %}\n`dr readiness` tells each check, and what would mend it."
)
SLOW = (
    as_text("event.payload.title")
    + " still runs after {{ event.payload.after_s | round(1) }} s: "
    + as_text("event.payload.why")
    + ". Operation "
    + as_text("event.payload.operation")
    + "; `dr operations` tells where it stands."
)
_NEXT = (
    "Next: `dr operations` tells where it stands, and runbooks/region_failover.md how to go on by hand.\n"
    "Run: {{ (flow_run | ui_url) or flow_run.id }}"
)
STOPPED = (
    f"{as_text('flow_run.name')} is {as_text('flow_run.state.name')}: "
    f"{as_text('flow_run.state.message')}\n{_NEXT}"
)
WAITS = (
    f"{as_text('flow_run.name')} waits for an approver who did not ask for it: the form is in the run, by Resume; "
    "`dr operations` and `dr approve` do without it.\nRun: {{ (flow_run | ui_url) or flow_run.id }}"
)


def late(minutes: float) -> str:
    """Return what is said of a run that has not ended so long after it began."""
    return (
        f"{as_text('flow_run.name')} began at {{{{ event.occurred }}}}, and has not ended {minutes:g} min later.\n"
        f"{_NEXT}"
    )


def overdue(estate: str, days: int) -> str:
    """Return what is said of an estate whose drills did not pass, or did not take place."""
    return f"No drill of the estate {estate} has passed for {days} days."
