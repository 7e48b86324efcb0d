"""A way to a TCP server that takes its time: what a client sends arrives so much later.

A line, not a queue: the bytes behind do not wait for those before them, so that one question and
its answer take the delay once, however long either is. Nothing else is slower.
"""

import asyncio
import threading
from contextlib import contextmanager, suppress

# Of one read; in flight are at most so many reads.
BYTES = 1 << 16
IN_FLIGHT = 256


@contextmanager
def delayed(host, port, seconds):
    """The port on loopback that leads there; the line runs in a thread of its own."""
    loop = asyncio.new_event_loop()

    async def serve(client_reader, client_writer):
        reader, writer = await asyncio.open_connection(host, port)
        line = asyncio.Queue(IN_FLIGHT)
        # What is cancelled at the end has ended: asyncio would print it as an error.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(
                put(client_reader, line, seconds), take(line, writer), pass_on(reader, client_writer)
            )

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0, limit=BYTES))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    asyncio.run_coroutine_threadsafe(end_lines(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def end_lines():
    """Ends the lines of clients that have not hung up."""
    lines = asyncio.all_tasks() - {asyncio.current_task()}
    for line in lines:
        line.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


async def put(reader, line, seconds):
    while data := await reader.read(BYTES):
        await line.put((asyncio.get_running_loop().time() + seconds, data))
    await line.put(None)


async def take(line, writer):
    while item := await line.get():
        due, data = item
        await asyncio.sleep(due - asyncio.get_running_loop().time())
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def pass_on(reader, writer):
    while data := await reader.read(BYTES):
        writer.write(data)
        await writer.drain()
    writer.close()
