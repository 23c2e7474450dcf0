"""Where a server listens."""

import socket

from ghostnote.errors import GhostnoteError


def listening(host: str, port: int) -> tuple[socket.socket, str]:
    """A socket for a server, and its address as a URL; port 0 takes a free one.

    Raises GhostnoteError if it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's name event loops do not see that it is TCP, and leave its delays on.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # An answer's head and body are two writes: the second must not wait for the first to be acknowledged.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        why = error.strerror or str(error)
        raise GhostnoteError(f"Cannot listen on {host}:{port} ({why}): choose another --port or --host.") from error
    name = f"[{host}]" if ":" in host else host
    return bound, f"http://{name}:{bound.getsockname()[1]}"
