"""DNS packets in, DNS packets out; what is not a question to a name server gets no answer."""

import logging
from collections.abc import Callable

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from lab.dns.answering import Answered, Code, Reply

UDP_PLAIN_BYTES = 512
UDP_EDNS_BYTES = 1232
TCP_BYTES = 65535
TRANSFERS = {dns.rdatatype.AXFR, dns.rdatatype.IXFR}
"""Route 53 transfers no zones."""
USUAL_SOA = Answered("", "SOA", 900, ("ns-1.lab.invalid. hostmaster.lab.invalid. 1 7200 900 1209600 86400",))
"""With the times that Route 53 gives a new zone; for a zone whose own SOA can not be read."""

Ask = Callable[[str, str], Reply]
"""Name, lower case and ending in a dot, and type, to the reply."""

log = logging.getLogger(__name__)


def respond(ask: Ask, soa: Answered, packet: bytes, *, udp: bool) -> bytes | None:
    """Return the answer to *packet*, None where silence is the best one. Raises nothing."""
    try:
        query = dns.message.from_wire(packet)
        if query.flags & dns.flags.QR:
            return None  # an answer to an answer could go on for ever
        response = dns.message.make_response(query, our_payload=UDP_EDNS_BYTES)
    except Exception as error:  # noqa: BLE001 (anything may come by UDP, and the parser raises many kinds)
        log.debug("action=ignore bytes=%d error=%s", len(packet), type(error).__name__)
        return None
    limit = _limit(query) if udp else TCP_BYTES
    try:
        _fill(response, ask, soa, query)
        return _packed(response, limit)
    except Exception:
        log.exception("action=servfail question=%s", query.question)
        response.answer, response.authority = [], []
        response.set_rcode(dns.rcode.SERVFAIL)
        return _packed(response, limit)


def _fill(response: dns.message.Message, ask: Ask, soa: Answered, query: dns.message.Message) -> None:
    """Put into *response* what the question deserves."""
    if query.edns > 0:
        response.set_rcode(dns.rcode.BADVERS)
    elif query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif len(query.question) != 1:
        response.set_rcode(dns.rcode.FORMERR)
    elif query.question[0].rdclass != dns.rdataclass.IN or query.question[0].rdtype in TRANSFERS:
        response.set_rcode(dns.rcode.REFUSED)
    else:
        _answer(response, ask, soa)


def _answer(response: dns.message.Message, ask: Ask, soa: Answered) -> None:
    """Put the reply into *response*: the zone's SOA stands beside an answer of nothing."""
    question = response.question[0]
    reply = ask(question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype))
    response.answer = [_rrset(answered) for answered in reply.records]
    response.set_rcode(dns.rcode.Rcode(reply.code))
    if reply.code in {Code.NOERROR, Code.NXDOMAIN}:
        response.flags |= dns.flags.AA
        if not reply.records:
            response.authority = [_soa(soa)]


def _limit(query: dns.message.Message) -> int:
    """Return how many bytes UDP may carry back."""
    return min(max(query.payload, UDP_PLAIN_BYTES), UDP_EDNS_BYTES) if query.edns >= 0 else UDP_PLAIN_BYTES


def _packed(response: dns.message.Message, limit: int) -> bytes:
    """Return *response* as bytes; cut to a bare "ask by TCP" where it is too long."""
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer, response.authority = [], []
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=limit)


def _soa(soa: Answered) -> dns.rrset.RRset:
    try:
        return _rrset(soa)
    except dns.exception.DNSException:  # the lab's endpoint garbles the SOA of a new zone
        return _rrset(Answered(soa.name, "SOA", USUAL_SOA.ttl_s, USUAL_SOA.values))


def _rrset(answered: Answered) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(
        dns.name.from_text(answered.name),
        answered.ttl_s,
        dns.rdataclass.IN,
        answered.type,
        answered.values,
        origin=dns.name.root,
        relativize=False,
    )
