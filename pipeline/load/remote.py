"""Lists at an address (https, s3, sftp, ...): downloaded by fsspec, the optional extra `remote`.

Addresses may hold passwords and signed keys: only what `shown` leaves of them is ever told or kept.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from pipeline.config import is_loopback
from pipeline.errors import InputError
from pipeline.load import copies

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

#: What anybody on the way can read and change.
_PLAIN: Final = ("http", "ftp")
#: Seconds to wait for a connection, and for the next bytes.
CONNECT: Final = 15
SILENCE: Final = 60


def is_remote(where: str) -> bool:
    """Whether `where` is an address rather than a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", where) is not None


def shown(where: str) -> str:
    """The address without what may be secret (user, password, query), and … where there was some."""
    scheme, _, rest = where.partition("://")
    place = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = place.partition("/")
    if "@" not in host and ":" in host and "@" in rest:
        return f"{scheme}://…"  # a password with a / or ? in it: where it ends is anybody's guess
    login = "…@" if "@" in host else ""
    return f"{scheme}://{login}{host.rpartition('@')[2]}{slash}{path}{'?…' if place != rest else ''}"


def download(where: str, target: Path, on_bytes: Callable[[int], object]) -> None:
    """Write what is at the address to `target`, in flat memory. Raises InputError.

    `on_bytes` is told how many bytes more have come.
    """
    with reaching(where, target) as (fs, path):
        fetch(fs, path, shown(where), target, on_bytes)
    if not target.is_file():
        raise InputError(f"{shown(where)} is a folder, not a file", "Name the list inside it.")
    target.chmod(0o600)


@contextmanager
def reaching(where: str, room: Path) -> Iterator[tuple[AbstractFileSystem, str]]:
    """The file system of the address, for as long as this lasts, and the path there.

    Whatever goes wrong in the block is raised as an InputError without secrets. `room`: where something is written.
    """
    with _asking(where, room):
        _check_safe(where)
        fs, path = _opened(where.partition("://")[0].lower(), where)
        try:
            yield fs, path
        finally:
            if hasattr(fs, "ftp"):  # an open line to a server of files
                fs.client.close()


def fetch(
    fs: AbstractFileSystem, path: str, name: str, target: Path, on_bytes: Callable[[int], object] = lambda _: None
) -> None:
    """Write what is at `path` of a file system to `target`; `name` is what to call it. Raises what that raises."""
    fs.get_file(path, str(target), callback=_watch(name, on_bytes))


def _check_safe(where: str) -> None:
    """Personal data comes encrypted, and from the server that was named, or from this machine."""
    parts = urlsplit(where)
    if parts.scheme in _PLAIN and not is_loopback(parts.hostname or ""):
        raise InputError(
            f"{shown(where)} is not encrypted: anybody on the way can read and change the list",
            "Use https:// or sftp://, or download it yourself and name the file.",
        )


def _opened(scheme: str, where: str) -> tuple[AbstractFileSystem, str]:
    """The file system of the address, and the path there."""
    import fsspec

    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ValueError as error:
        raise InputError(
            f"{shown(where)} cannot be read: {scheme}:// is no kind of address that is known",
            "Known are https://, sftp://, s3://, gs://, az:// and more.",
        ) from error
    if scheme in ("http", "https"):
        return kind(client_kwargs=_http_options(where), skip_instance_cache=True), where
    if scheme in ("sftp", "ssh"):
        return _sftp(where), unquote(urlsplit(where).path)
    options = kind._get_kwargs_from_urls(where)
    return kind(**options, skip_instance_cache=True), str(kind._strip_protocol(where))


def _watch(name: str, on_bytes: Callable[[int], object]) -> Any:
    """What fsspec tells how far it is, and tells us; it ends a download that is too large."""
    from fsspec import Callback

    class Watch(Callback):  # type: ignore[misc]  # fsspec has no types
        told = 0

        def call(self, *_: object, **__: object) -> None:
            copies.check_size(max(self.value, self.size or 0), name, copies.MOST)
            on_bytes(self.value - self.told)
            self.told = self.value

    return Watch()


# ---------------------------------------------------------------------- kinds of addresses


def _http_options(where: str) -> dict[str, Any]:
    import aiohttp

    async def redirected(_session: object, _context: object, asked: aiohttp.TraceRequestRedirectParams) -> None:
        _check_safe(urljoin(str(asked.url), asked.response.headers.get("Location", "")))

    async def answered(response: aiohttp.ClientResponse) -> None:
        if response.status != 200:  # neither is "202: come back later" the list
            raise aiohttp.ClientResponseError(response.request_info, (), status=response.status)

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(redirected)
    return {
        # A large list may take long; aiohttp's own limit is five minutes for all of it.
        "timeout": aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE),
        "trace_configs": [tracing],
        "raise_for_status": answered,
        "trust_env": not is_loopback(urlsplit(where).hostname or ""),
        # The bytes of the file: a list.csv.gz stays one, whatever the server calls it.
        "auto_decompress": False,
        "headers": {"Accept-Encoding": "identity"},
    }


def _sftp(where: str) -> AbstractFileSystem:
    import paramiko
    from fsspec.implementations.sftp import SFTPFileSystem

    class KnownServers(SFTPFileSystem):  # type: ignore[misc]
        """Talks only to servers that ssh knows; fsspec takes the word of any."""

        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            self.client.load_system_host_keys()
            self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
            self.ftp.get_channel().settimeout(SILENCE)

        def get_file(self, rpath: str, lpath: str, callback: Any = None, **_: object) -> None:
            callback.set_size(self.ftp.stat(rpath).st_size)  # which is refused where it is too large

            def come(size: int, _whole: int) -> None:
                callback.absolute_update(size)

            self.ftp.get(rpath, lpath, come, max_concurrent_prefetch_requests=64)
            self.client.close()

    parts = urlsplit(where)
    return KnownServers(
        parts.hostname or "",
        port=parts.port or 22,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        timeout=CONNECT,
        skip_instance_cache=True,
    )


# ---------------------------------------------------------------------- what can go wrong


@contextmanager
def _asking(where: str, target: Path) -> Iterator[None]:
    """Turn whatever comes out of a download into an InputError without the secrets of the address."""
    try:
        yield
        return
    except InputError:
        raise
    except ImportError as error:
        failure = _not_installed(where, error)
    except Exception as error:  # noqa: BLE001  # each kind of address has exceptions of its own
        failure = _cannot_read(where, target, error)
    # Raised here, apart from the original: that holds the whole address.
    raise failure


def _not_installed(where: str, error: ImportError) -> InputError:
    scheme = where.partition("://")[0]
    ours = error.name == "fsspec" or scheme in ("http", "https", "sftp", "ssh")
    return InputError(
        f"{shown(where)} cannot be read: for {scheme}:// a package is missing",
        'pip install "leadbyte-import[remote]"' if ours else str(error),
    )


def _cannot_read(where: str, target: Path, error: Exception) -> InputError:
    if copies.is_full(error):
        return copies.no_room(target.parent, shown(where))
    return InputError(
        f"{shown(where)} cannot be read: {_why(error)}",
        "Check the address, and whether you may read it; or download the list yourself and name the file.",
    )


def _why(error: Exception) -> str:
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return "there is no such file"
    if isinstance(status, int) and status:
        return f"the server answered HTTP {status}"
    if isinstance(error, PermissionError):
        return "access is denied"
    if type(error).__name__ in ("ClientPayloadError", "ServerDisconnectedError"):  # aiohttp's
        return "the connection broke off"
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(getattr(error, "certificate_error", error), ssl.CertificateError):
        return "the certificate of the server is not valid"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if type(error).__module__.startswith("paramiko"):  # its words are plain, and hold no secrets
        return str(error)
    return type(error).__name__
