"""Serves the studio's page locally, without requests to any other machine."""

import contextlib
import errno
import ipaddress
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from facegan.errors import FaceganError
from facegan.inference import FaceModel

# The first port that is tried, and the number of ports.
PORT, PORTS = 7860, 100
# Of an upload.
LARGEST_FILE = "64mb"
# The browser blocks everything that does not come from this machine.
_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'"


def serve(
    model: FaceModel,
    model_name: str | os.PathLike[str] | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    started: Callable[[str], object] = lambda address: None,
) -> None:
    """Serves the page until it is interrupted. Uploads are kept in a temporary folder.

    Args:
        model: the model.
        model_name: as for `Session`.
        host: the address to listen on; 127.0.0.1 can be reached from this machine only.
        port: a port; None for the first free one from 7860 on.
        started: called with the page's address.

    Raises:
        FaceganError: gradio is not installed, or no port is free.
    """
    with _private_gradio(), _listen(host, port) as listener:
        import gradio
        import uvicorn
        from fastapi import FastAPI
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        from facegan.studio.page import CSS, THEME, build_page

        app = FastAPI(openapi_url=None)

        @app.middleware("http")
        async def stay_here(request: Any, call_next: Callable[..., Any]) -> Any:
            response = await call_next(request)
            response.headers["Content-Security-Policy"] = _POLICY
            return response

        if _is_local(host):
            # Prevents DNS rebinding: a malicious site could point its own name at 127.0.0.1 and read the page.
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]", host])
        page = build_page(model, model_name)
        gradio.mount_gradio_app(
            app, page, "/", theme=THEME, css=CSS, footer_links=[], ssr_mode=False, max_file_size=LARGEST_FILE,
            enable_monitoring=False, pwa=False, mcp_server=False, show_error=False,
        )  # fmt: skip
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        name = f"[{host}]" if ":" in host else host
        started(f"http://{name}:{listener.getsockname()[1]}")
        with contextlib.suppress(KeyboardInterrupt):
            server.run([listener])


@contextlib.contextmanager
def _private_gradio() -> Iterator[None]:
    """Imports gradio without telemetry and with a temporary folder for its files, both of which it reads at import."""
    with tempfile.TemporaryDirectory(prefix="facegan-studio-", ignore_cleanup_errors=True) as folder:
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_TEMP_DIR": folder}
        try:
            import gradio  # noqa: F401
        except ImportError as error:
            raise FaceganError('the studio needs gradio: pip install "facegan[studio]"') from error
        yield


def _listen(host: str, port: int | None) -> socket.socket:
    for candidate in range(PORT, PORT + PORTS) if port is None else [port]:
        try:
            return socket.create_server((host, candidate), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            reason = error.strerror or str(error)
            if port is None and error.errno == errno.EADDRINUSE:
                continue
            raise FaceganError(f"cannot listen on {host}, port {candidate}: {reason}") from error
    raise FaceganError(f"no port from {PORT} to {PORT + PORTS - 1} is free; choose one with --port")


def _is_local(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
