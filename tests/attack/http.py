"""HTTP by hand: requests that no client of HTTP would send, and the status of the answer."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

# Not one of HTTP's: the connection ended without an answer.
NO_ANSWER = 0

PIECE = 1 << 16


def exchange(url, message, seconds=60):
    """The status of the answer to these bytes, or pieces of bytes; the rest of it is not read.

    Sends as long as the other side takes it, since an answer may come before all is sent."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), seconds) as connection:
        sender = threading.Thread(target=send, args=(connection, message), daemon=True)
        sender.start()
        status = status_of(connection)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        sender.join()
    return status


def send(connection, message):
    pieces = [message] if isinstance(message, bytes) else message
    with suppress(OSError):
        for piece in pieces:
            connection.sendall(piece)


def status_of(connection):
    received = b""
    with suppress(ConnectionError):
        while b"\r\n" not in received and (more := connection.recv(PIECE)):
            received += more
    words = received.split()
    return int(words[1]) if len(words) > 1 else NO_ANSWER


def head(method, path, headers=(), version="HTTP/1.1"):
    """The head of a request; texts are Latin-1, one byte a character."""
    lines = [f"{method} {path} {version}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunks(pieces):
    """Pieces as a chunked body, without its end."""
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
