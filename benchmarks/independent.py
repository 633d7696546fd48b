"""An independent client: what a customer sees, by its own code, with no part of the prober's.

A few threads each resolve the global name with a plain DNS query, keep the answer for its
TTL, and write a row a time through the gateway with `http.client`. Each keeps what it was
promised, and when it succeeded and failed.
"""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import dns.message
import dns.query
import dns.rdatatype

from lab.place import GLOBAL_NAME, PORTS, Lab

SERVICE = "hub-service"
PAUSE_S = 0.02
TIMEOUT_S = 1.0


@dataclass
class Seen:
    """What one client saw: the ends of its successes and failures, and the rows it was promised."""

    good: list[float] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)
    promised: list[int] = field(default_factory=list)


class Clients:
    """Clients that run from `start` to `stop`."""

    def __init__(self, lab: Lab, count: int = 6) -> None:
        """Have *count* clients, not started."""
        self._lab, self._stopped = lab, threading.Event()
        self.name = f"independent-{random.randrange(10**6)}"  # noqa: S311 - a name, no secret
        self.seen = [Seen() for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._run, args=(number, seen), daemon=True)
            for number, seen in enumerate(self.seen)
        ]

    def start(self) -> None:
        """Begin to write."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop writing."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def longest_failure_s(self) -> float:
        """Return the longest time one client had failures only: from a success to its next one."""
        return max((self._longest(seen) for seen in self.seen), default=0.0)

    def restored_after_s(self, fault_at: datetime) -> float:
        """Return how long after the fault the last client was served again, for good."""
        since = fault_at.timestamp()
        ends = []
        for seen in self.seen:
            last_bad = max((at for at in seen.bad if at >= since), default=since)
            ends.append(min((at for at in seen.good if at > last_bad), default=time.time()) - since)
        return max(ends)

    def promised(self) -> set[tuple[str, int]]:
        """Return the rows (client, seq) that were acknowledged."""
        return {(f"{self.name}-{n}", seq) for n, seen in enumerate(self.seen) for seq in seen.promised}

    @staticmethod
    def _longest(seen: Seen) -> float:
        marks = sorted([(at, True) for at in seen.good] + [(at, False) for at in seen.bad])
        longest, last_good, failed = 0.0, None, False
        for at, good in marks:
            if not good:
                failed = True
            else:
                if failed and last_good is not None:
                    longest = max(longest, at - last_good)
                last_good, failed = at, False
        return longest

    def _run(self, number: int, seen: Seen) -> None:
        address, expires, seq = "", 0.0, 0
        connection: http.client.HTTPConnection | None = None
        # Customers' caches do not expire together: each begins at its own time within a TTL.
        self._stopped.wait(number / len(self.seen))
        while not self._stopped.wait(PAUSE_S):
            if time.time() >= expires:
                fresh, ttl = self._resolve()
                if fresh != address or connection is None:
                    connection = http.client.HTTPConnection(fresh, PORTS.gateway, timeout=TIMEOUT_S)
                address, expires = fresh, time.time() + ttl
            seq += 1
            body = json.dumps({"client": f"{self.name}-{number}", "seq": seq})
            try:
                connection.request("POST", f"/{SERVICE}/probe", body, {"Host": GLOBAL_NAME})
                answer = connection.getresponse()
                answer.read()
                good = answer.status == http.HTTPStatus.CREATED
            except (OSError, http.client.HTTPException):
                connection.close()
                good = False
            (seen.good if good else seen.bad).append(time.time())
            if good:
                seen.promised.append(seq)

    def _resolve(self) -> tuple[str, float]:
        query = dns.message.make_query(GLOBAL_NAME, dns.rdatatype.A)
        answer = dns.query.udp(query, self._lab.third_place, port=PORTS.dns, timeout=2).answer[0]
        return answer[0].address, float(answer.ttl)
