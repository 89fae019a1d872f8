"""The HTTP server around the application: address, TLS, and an end that does not wait for open pages. Shell."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from config.model import Web
from edge.web.app import end_streams

GRACE_S = 2
CONNECTIONS_MAX = 256
WS_MESSAGE_MAX = 16 * 1024
"""What a page says on its socket is a list of cameras."""


class WebServer:
    """One uvicorn on the hub's loop."""

    def __init__(self, app: FastAPI, web: Web) -> None:
        self._app, self._web = app, web
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ssl_certfile=web.tls_cert,
                ssl_keyfile=web.tls_key,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=15,
                lifespan="on",
                ws="websockets-sansio",
                ws_max_size=WS_MESSAGE_MAX,
                ws_per_message_deflate=False,  # pictures do not get smaller
            )
        )
        self._task: asyncio.Task[None] | None = None
        self.port = web.port

    @property
    def url(self) -> str:
        """The page's address."""
        scheme = "https" if self._web.tls_cert else "http"
        host = f"[{self._web.host}]" if ":" in self._web.host else self._web.host
        return f"{scheme}://{host}:{self.port}/"

    def reload_tls(self) -> None:
        """Use the certificate's files as they are now, for new connections. Raises OSError for a pair that is none."""
        context, web = self._server.config.ssl, self._web
        if context is not None and web.tls_cert is not None:
            # A pair that does not fit would spoil the context that serves; so it is tried on another one first.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(web.tls_cert, web.tls_key)
            context.load_cert_chain(web.tls_cert, web.tls_key)

    async def start(self) -> None:
        """Listen and serve. Raises OSError when the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._web.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._web.host, self._web.port))
        except OSError:
            listener.close()
            raise
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="web server")
        while not self._server.started:
            if self._task.done():
                listener.close()
                self._task.result()
                raise RuntimeError("网页服务未能启动 / the web server did not start")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End the streams, then the server."""
        end_streams(self._app)
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    """Signals belong to the hub."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
