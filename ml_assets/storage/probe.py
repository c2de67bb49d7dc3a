"""What obstore does not tell of an answer: where it leads to, and how long the store asks us to wait.

One more request, without credentials and without its query, once all others have failed: only its head is looked at.
"""

import http.client
import re
import ssl
from urllib.parse import urlsplit

from ml_assets.core.foreign_text import visible
from ml_assets.text import count

PATIENCE = 3.0  # seconds
REDIRECTS = (301, 302, 303, 307, 308)
_WAIT = re.compile(r"[0-9]{1,9}|[A-Z][a-z]{2}, [0-9A-Za-z :]{15,25}")


def what_stands_there(url: str) -> str:
    """Words on what answers at `url`: a redirect with its target, or how long to wait. Nothing where it says nothing."""
    try:
        status, location, wait = _head(url)
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    if status in REDIRECTS and location:
        return _redirect(url, location)
    if wait and _WAIT.fullmatch(wait):
        return (
            f"it asks to wait {count(int(wait), 'second')} (Retry-After)"
            if wait.isdigit()
            else f"it asks to wait until {wait}"
        )
    return ""


def _head(url: str) -> tuple[int, str, str]:
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    try:
        connection.request("HEAD", parts.path or "/")
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.getheader("Retry-After", "")
    finally:
        connection.close()


def _redirect(url: str, location: str) -> str:
    """Only the host of the target: what follows may hold a token."""
    target = urlsplit(location)
    if not target.hostname:
        return "it redirects to another path"
    place = visible(f"{target.scheme or urlsplit(url).scheme}://{target.hostname}")
    unsafe = ", without encryption" if url.startswith("https:") and target.scheme == "http" else ""
    return f"it redirects to {place}{unsafe}"
