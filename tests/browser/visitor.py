"""Somebody who reads without a browser: keeps cookies, follows redirects, fills in forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from tests.demo import Demo

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What came at last. address: where it came from; html: empty of what is no page."""

    status: int
    address: str
    html: str


class Visitor:
    """One reader of the demo, anonymous or signed in."""

    def __init__(self, demo: Demo, login: str | None = None) -> None:
        self.demo = demo
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))
        if login:
            self.send("/sign-in", login=login, password=demo.passwords[login])

    def get(self, address: str, sent: bytes | None = None) -> Answer:
        """A page, or what else is there; with sent, by POST."""
        url = self.demo.url + quote(address, safe="/?=&%:+,")
        try:
            answer = self._opener.open(url, sent, timeout=60)
        except HTTPError as refused:
            answer = refused
        with answer:
            page = answer.headers.get_content_type() == "text/html"
            came = urlsplit(answer.url)._replace(scheme="", netloc="").geturl()
            return Answer(answer.status, came, answer.read().decode() if page else "")

    def send(self, address: str, **fields: str | tuple[str, ...]) -> Answer:
        """Fill in the form of a page and send it. Raises ValueError when it was not taken."""
        form = self.get(address)
        token = TOKEN.search(form.html)
        if token is None:
            raise ValueError(f"no form at {address}: {form.status}")
        said = urlencode({"csrf_token": token[1], **fields}, doseq=True)
        answer = self.get(address, said.encode())
        if answer.status != 200 or 'id="error-summary"' in answer.html:
            _, _, main = answer.html.partition('id="main"')
            raise ValueError(f"{address}: {answer.status}\n{main}")
        return answer
