"""Backups by pgBackRest, and the clusters that are restored from them."""

from recovery.adapters.pgbackrest.replacement import LivePlace, PgReplacement
from recovery.adapters.pgbackrest.scratch import PgScratch, ScratchPlace
from recovery.adapters.pgbackrest.tool import PgBackRest, Stanza

__all__ = ["LivePlace", "PgBackRest", "PgReplacement", "PgScratch", "ScratchPlace", "Stanza"]
