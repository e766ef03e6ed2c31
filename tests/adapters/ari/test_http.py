"""The keep-alive pool, against a server whose every byte the test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ivrd.adapters.ari.http import HttpPool

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Sends ``says`` piece by piece for each request; None closes the connection, ... keeps silent."""

    def __init__(self) -> None:
        self.says: list[bytes | None] = [OK]
        self.echoes = False  #: the target, as each answer's body
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                self.asked.set()
                if self.echoes:
                    target = self.requests[-1].split()[1]
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))
                for piece in self.says:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()


@pytest_asyncio.fixture
async def pool(server: Server) -> AsyncIterator[HttpPool]:
    made = HttpPool("127.0.0.1", server.port, "Basic eA==", limit=2, keep_s=10)
    yield made
    made.close()
    await asyncio.sleep(0)


async def get(pool: HttpPool, timeout_s: float = 5) -> tuple[int, bytes]:
    return await pool.request("GET", "/ari/x?y=1", b"", timeout_s)


async def test_one_connection_serves_one_request_after_the_other(server: Server, pool: HttpPool) -> None:
    assert [await get(pool), await get(pool)] == [(200, b"{}"), (200, b"{}")]
    assert server.connections == 1
    assert server.requests[0].startswith(b"GET /ari/x?y=1 HTTP/1.1\r\n")
    assert b"Authorization: Basic eA==\r\n" in server.requests[0]


async def test_requests_of_one_write_are_answered_in_order_on_one_connection(server: Server, pool: HttpPool) -> None:
    server.says = [b"HTTP/1.1 204 No", b" Content\r\n\r\n"]
    answers = await pool.request_all([("POST", "/ari/a"), ("POST", "/ari/b"), ("POST", "/ari/c")], 5)
    assert answers == [(204, b"")] * 3
    assert [r.split()[1] for r in server.requests] == [b"/ari/a", b"/ari/b", b"/ari/c"]
    assert await get(pool) == (204, b"")
    assert server.connections == 1


async def test_a_connection_that_ends_among_them_fails_them_all(server: Server, pool: HttpPool) -> None:
    server.says = [OK, None]
    with pytest.raises(OSError):
        await pool.request_all([("POST", "/ari/a"), ("POST", "/ari/b")], 5)


def together(pool: HttpPool, *targets: str, timeout_s: float = 5) -> list[asyncio.Task[tuple[int, bytes]]]:
    loop = asyncio.get_running_loop()
    return [loop.create_task(pool.request_together("DELETE", target, timeout_s), name=target) for target in targets]


async def test_requests_of_one_turn_go_in_one_write_and_each_has_its_own_answer(server: Server, pool: HttpPool) -> None:
    server.says, server.echoes = [], True
    assert await asyncio.gather(*together(pool, "/ari/a", "/ari/b", "/ari/c")) == [(200, b"/ari/a"), (200, b"/ari/b"), (200, b"/ari/c")]
    assert await asyncio.gather(*together(pool, "/ari/d")) == [(200, b"/ari/d")]  # of a later turn
    assert server.connections == 1


async def test_one_of_them_that_is_given_up_costs_the_others_nothing(server: Server, pool: HttpPool) -> None:
    server.says, server.echoes = [], True
    first, second, third = together(pool, "/ari/a", "/ari/b", "/ari/c")
    await asyncio.sleep(0)
    second.cancel()
    assert await asyncio.gather(first, third) == [(200, b"/ari/a"), (200, b"/ari/c")]


async def test_the_first_that_is_given_up_fails_those_it_asked_for(server: Server, pool: HttpPool) -> None:
    server.says = []
    first, second = together(pool, "/ari/a", "/ari/b")
    await server.asked.wait()
    first.cancel()
    with pytest.raises(OSError, match="given up"):
        await second


@pytest.mark.parametrize(("says", "raised"), [([OK, None], OSError), ([], TimeoutError)])
async def test_what_fails_one_of_them_fails_all(server: Server, pool: HttpPool, says: list[bytes | None], raised: type[Exception]) -> None:
    server.says = says
    outcomes = await asyncio.gather(*together(pool, "/ari/a", "/ari/b", timeout_s=0.2), return_exceptions=True)
    assert [isinstance(o, raised) for o in outcomes] == [True, True]


async def test_requests_at_the_same_time_have_a_connection_each(server: Server, pool: HttpPool) -> None:
    answers = await asyncio.gather(get(pool), get(pool))
    assert answers == [(200, b"{}")] * 2
    assert server.connections == 2


async def test_no_more_connections_than_the_limit(server: Server, pool: HttpPool) -> None:
    assert await asyncio.gather(*(get(pool) for _ in range(10))) == [(200, b"{}")] * 10
    assert server.connections == 2


async def test_an_answer_in_pieces_is_one_answer(server: Server, pool: HttpPool) -> None:
    server.says = [OK[:9], OK[9:30], OK[30:-1], OK[-1:]]
    assert await get(pool) == (200, b"{}")


async def test_an_answer_without_a_body(server: Server, pool: HttpPool) -> None:
    server.says = [b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"]
    assert [await get(pool), await get(pool)] == [(204, b""), (204, b"")]
    assert server.connections == 1


@pytest.mark.parametrize(
    "says", [[OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")], [OK + b"too much"], [OK, None]]
)
async def test_a_connection_that_ends_is_not_used_again(
    server: Server, pool: HttpPool, says: list[bytes | None]
) -> None:
    server.says = says
    assert await get(pool) == (200, b"{}")
    await asyncio.sleep(0.01)
    assert await get(pool) == (200, b"{}")
    assert server.connections == 2


async def test_a_connection_idle_for_too_long_is_not_used_again(server: Server) -> None:
    pool = HttpPool("127.0.0.1", server.port, "Basic eA==", limit=2, keep_s=0)
    await get(pool)
    await get(pool)
    pool.close()
    assert server.connections == 2


async def test_a_lost_connection_is_an_error(server: Server, pool: HttpPool) -> None:
    server.says = [b"HTTP/1.1 200 OK\r\n", None]
    with pytest.raises(OSError, match="closed"):
        await get(pool)


async def test_what_is_not_http_is_an_error(server: Server, pool: HttpPool) -> None:
    server.says = [b"220 smtp.example ready to serve\r\n\r\n"]
    with pytest.raises(OSError, match="not HTTP"):
        await get(pool)


async def test_a_late_answer_is_given_to_nobody(server: Server, pool: HttpPool) -> None:
    server.says = []
    with pytest.raises(TimeoutError):
        await get(pool, timeout_s=0.02)
    server.says = [OK]
    assert await get(pool) == (200, b"{}")
    assert server.connections == 2


async def test_no_server_is_an_error() -> None:
    pool = HttpPool("127.0.0.1", 1, "Basic eA==", limit=1, keep_s=1)
    with pytest.raises(OSError):
        await get(pool)


async def test_closing_the_pool_fails_what_is_under_way(server: Server, pool: HttpPool) -> None:
    server.says = []
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_error_of(pool))
        await server.asked.wait()
        pool.close()
    assert isinstance(asked.result(), OSError)


async def _error_of(pool: HttpPool) -> Exception | None:
    try:
        await get(pool)
    except OSError as error:
        return error
    return None
