"""Who the lab's servers run as: PostgreSQL refuses root, and nothing here needs it."""

import os
import pwd
import shutil
import stat
import sys
from functools import cache
from pathlib import Path

from lab.place import ROOT, Lab

ACCOUNT = "postgres"
"""The account that Debian's PostgreSQL package brings."""


def account_name() -> str:
    """Who the servers run as: that account where root starts them, the caller otherwise."""
    return ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def owned(path: Path) -> Path:
    """Make *path* and all below it the servers' own, and return it."""
    if os.geteuid() == 0:
        for each in (path, *path.rglob("*")):
            shutil.chown(each, ACCOUNT, ACCOUNT)
    return path


def folder_owned(path: Path) -> Path:
    """Make a folder, and make it, but nothing in it, the servers' own; return it."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(path, ACCOUNT, ACCOUNT)
    return path


def house(lab: Lab) -> None:
    """Make the home folder of the lab's servers, which need one, and one for their temporary files."""
    (lab.home / "tmp").mkdir(parents=True)
    owned(lab.home)


@cache
def dropped_to() -> tuple[str, ...]:
    """Return the command prefix under which a server runs without root's rights.

    A checkout below a folder that others may not enter (/root is one) gets one
    capability on top: CAP_DAC_READ_SEARCH, to walk through it, not to write.
    """
    if os.geteuid() != 0:
        return ()
    account = pwd.getpwnam(ACCOUNT)
    prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    if checkout_is_closed():
        prefix += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return tuple(prefix)


@cache
def checkout_is_closed() -> bool:
    """Whether the servers' account needs that capability to reach the checkout, or its Python."""
    return os.geteuid() == 0 and any(_closed(path) for path in (ROOT, Path(sys.executable).resolve()))


def _closed(path: Path) -> bool:
    """Whether a folder on the way to *path* may not be entered by others."""
    return any(
        not parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents) if parent.is_dir()
    )
