"""Asks the service from Python: `Client`, and `AsyncClient` for programs with an event loop."""

from ghostnote.serving.client.answers import ServiceError
from ghostnote.serving.client.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "ServiceError"]
