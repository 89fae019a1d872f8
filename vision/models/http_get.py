"""Shell: one HTTP request of a download: proxies of the environment, careful redirects, errors in words."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from vision.errors import mask_credentials
from vision.models.errors import PullError


@contextmanager
def answer(url: str, headers: dict[str, str], timeout_s: float) -> Iterator[tuple[int, dict[str, str], Any]]:
    """Status, headers with names in lower case, body. Raises PullError."""
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the opener knows http and https alone
        response = _opener().open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        response = error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _network(error) from error
    # Not `with response`: one that ended a loop of redirects is closed already, which that refuses.
    with closing(response):
        yield response.status, {name.lower(): value for name, value in response.headers.items()}, response


def read_some(body: Any, most_bytes: int) -> bytes:
    """What has come, at least a byte; empty at the end. Raises PullError."""
    try:
        return bytes(body.read1(most_bytes))
    except (OSError, http.client.HTTPException) as error:
        raise _network(error) from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to http and https only, and never from https to http."""

    max_redirections = 5

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        # urllib would read the redirecting answer to its end, however long it is.
        fp.close()
        secure, begun_secure = newurl.startswith("https://"), req.full_url.startswith("https://")
        if not secure and (begun_secure or not newurl.startswith("http://")):
            raise PullError("服务器转向不安全的地址", "the server redirects to an address that is not safe")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    # Made at each request: the environment's proxies are read when they are needed, and nothing at import.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _network(error: Exception) -> PullError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return PullError(
            f"服务器证书不可信：{reason.verify_message}；请检查系统时间并安装 ca-certificates",
            f"the certificate is not trusted: {reason.verify_message}; check the clock, install ca-certificates",
        )
    text = mask_credentials(str(reason)) or type(reason).__name__
    return PullError(
        f"网络错误：{text}", f"network: {text}", retry=not isinstance(error, ValueError | http.client.InvalidURL)
    )
