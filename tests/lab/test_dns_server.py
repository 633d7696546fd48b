"""The name server over real sockets: questions by UDP and TCP, and hostile packets."""

import asyncio
import os
import socket
from collections.abc import Callable

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.dns.answering import Answered, Code, Reply
from lab.dns.server import Server
from lab.dns.wire import respond
from recovery.adapters.dns import Answer, AuthoritativeDns
from recovery.errors import BadInput, Unavailable

HOST, EAST = "127.98.8.1", "127.98.8.10"
SOA = Answered("example.com.", "SOA", 900, ("{'Value': 'as moto garbles it'}",))
MANY = tuple(f"127.0.{n}.1" for n in range(200))
REPLIES = {
    ("api.example.com.", "A"): Reply(Code.NOERROR, (Answered("api.example.com.", "A", 5, (EAST,)),)),
    ("many.example.com.", "A"): Reply(Code.NOERROR, (Answered("many.example.com.", "A", 5, MANY),)),
    ("bad.example.com.", "A"): Reply(Code.NOERROR, (Answered("bad.example.com.", "A", 5, ("no address",)),)),
    ("api.example.com.", "AAAA"): Reply(Code.NOERROR),
    ("latency.example.com.", "A"): Reply(Code.SERVFAIL, problem="latency"),
    ("other.com.", "A"): Reply(Code.REFUSED),
}


def ask(name: str, kind: str) -> Reply:
    return REPLIES.get((name, kind), Reply(Code.NXDOMAIN))


def answer_to(packet: bytes, *, udp: bool = True) -> dns.message.Message | None:
    answered = respond(ask, SOA, packet, udp=udp)
    return None if answered is None else dns.message.from_wire(answered)


def a_question(name: str = "api.example.com", kind: str = "A", **options: int) -> dns.message.QueryMessage:
    return dns.message.make_query(name, kind, **options)


def served(scenario: Callable[[AuthoritativeDns, str, int], object]) -> object:
    """Run *scenario* beside a server that answers from REPLIES."""

    async def run() -> object:
        async with Server(lambda packet, udp: respond(ask, SOA, packet, udp=udp)) as server:
            port = await server.start(HOST, 0)
            return await asyncio.to_thread(scenario, AuthoritativeDns([f"{HOST}:{port}"], 1.0), HOST, port)

    return asyncio.run(run())


def test_an_address_is_answered_by_udp() -> None:
    answer = served(lambda server, host, port: (server.resolve("API.example.com"), f"{host}:{port}"))

    assert answer[0] == Answer((EAST,), 5, answer[1])


def test_an_address_is_answered_without_holding_up_the_loop() -> None:
    answer = served(lambda server, *_: asyncio.run(server.resolve_async("api.example.com.")))

    assert answer.addresses == (EAST,)


def test_an_answer_too_long_for_udp_comes_by_tcp() -> None:
    answer = served(lambda server, *_: server.resolve("many.example.com"))

    assert sorted(answer.addresses) == sorted(MANY)


def test_a_tcp_client_may_ask_more_than_once_and_may_leave() -> None:
    def scenario(_: AuthoritativeDns, host: str, port: int) -> list[int]:
        with socket.create_connection((host, port)) as tcp:
            codes = []
            for name in ("api.example.com", "no.example.com"):
                dns.query.send_tcp(tcp, a_question(name))
                codes.append(dns.query.receive_tcp(tcp)[0].rcode())
            tcp.sendall(b"\x00")
        return codes

    assert served(scenario) == [dns.rcode.NOERROR, dns.rcode.NXDOMAIN]


def test_hostile_packets_do_not_stop_the_server() -> None:
    def scenario(server: AuthoritativeDns, host: str, port: int) -> Answer:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for packet in (b"", b"\x00", os.urandom(40), b"\xff" * 600, b"\x00" * 12, b"\xc0\x0c" * 30):
                udp.sendto(packet, (host, port))
        for stream in (b"\x00\x02hi", b"\xff\xff" + b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n"):
            with socket.create_connection((host, port)) as tcp:
                tcp.sendall(stream)
        return server.resolve("api.example.com")

    assert served(scenario).addresses == (EAST,)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no.example.com", "NXDOMAIN"),
        ("latency.example.com", "SERVFAIL"),
        ("bad.example.com", "SERVFAIL"),
        ("other.com", "REFUSED"),
    ],
)
def test_no_address_is_unavailable_and_says_who_said_what(name: str, told: str) -> None:
    def scenario(server: AuthoritativeDns, *_: object) -> None:
        with pytest.raises(Unavailable, match=rf"address of {name}: {HOST}:\d+ .*({told})"):
            server.resolve(name)
        with pytest.raises(Unavailable, match=told):
            asyncio.run(server.resolve_async(name))

    served(scenario)


def test_a_caches_answer_is_not_taken() -> None:
    """What a resolver remembers was true up to a TTL ago."""

    def remembered(packet: bytes, udp: bool) -> bytes | None:  # noqa: FBT001 (the server's signature)
        answer = respond(ask, SOA, packet, udp=udp)
        return answer and answer[:2] + bytes([answer[2] & ~0x04]) + answer[3:]

    async def scenario() -> Answer:
        async with Server(remembered) as server:
            port = await server.start(HOST, 0)
            return await AuthoritativeDns([f"{HOST}:{port}"]).resolve_async("api.example.com")

    with pytest.raises(Unavailable, match="is not authoritative for it"):
        asyncio.run(scenario())


def test_servers_are_asked_in_turn() -> None:
    """A server that is away, or does not know, does not hide one that does."""

    def scenario(_: AuthoritativeDns, host: str, port: int) -> Answer:
        return AuthoritativeDns([f"{HOST}:1", f"{host}:{port}"], timeout_s=0.2).resolve("api.example.com")

    assert served(scenario).asked.startswith(HOST)


@pytest.mark.parametrize("server", ["127.0.0.1", "127.0.0.1:", ":53", "127.0.0.1:0", "127.0.0.1:99999"])
def test_a_server_without_a_port_is_bad_input(server: str) -> None:
    with pytest.raises(BadInput, match="ip:port"):
        AuthoritativeDns([server])


def test_nothing_to_say_comes_with_the_soa() -> None:
    """With Route 53's own times where the zone's SOA can not be read."""
    for question in (a_question("no.example.com"), a_question(kind="AAAA")):
        answer = answer_to(question.to_wire())

        assert answer
        assert answer.answer == []
        assert answer.authority[0].to_text().startswith("example.com. 900 IN SOA ns-1.lab.invalid.")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (dns.message.make_query("api.example.com", "A", rdclass="CH"), dns.rcode.REFUSED),
        (a_question("example.com", "AXFR"), dns.rcode.REFUSED),
        (a_question(use_edns=1), dns.rcode.BADVERS),
        (dns.message.Message(), dns.rcode.FORMERR),
    ],
)
def test_questions_that_are_not_for_us(question: dns.message.Message, code: dns.rcode.Rcode) -> None:
    answer = answer_to(question.to_wire())

    assert answer
    assert answer.rcode() == code
    assert answer.answer == []


def test_other_operations_are_not_implemented() -> None:
    question = a_question()
    question.set_opcode(dns.opcode.STATUS)

    answer = answer_to(question.to_wire())

    assert answer
    assert answer.rcode() == dns.rcode.NOTIMP


def test_an_answer_is_not_answered() -> None:
    question = a_question()
    question.flags |= dns.flags.QR

    assert answer_to(question.to_wire()) is None


@pytest.mark.parametrize(("options", "limit"), [({}, 512), ({"use_edns": 0, "payload": 4096}, 1232)])
def test_udp_answers_keep_to_their_size(options: dict[str, int], limit: int) -> None:
    packet = respond(ask, SOA, a_question("many.example.com", **options).to_wire(), udp=True)

    assert packet
    assert len(packet) <= limit
    assert dns.message.from_wire(packet).flags & dns.flags.TC


@settings(max_examples=300)
@given(
    st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: a_question().to_wire() + tail))
)
def test_no_packet_raises(packet: bytes) -> None:
    respond(ask, SOA, packet, udp=True)
