"""The built pages: whole, and sufficient to themselves."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest


class Page(HTMLParser):
    """The addresses a page loads by itself, the ones it links to, and its anchors."""

    LOADING = (("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"))

    def __init__(self, file):
        super().__init__()
        self.loads, self.links, self.anchors, self.without_alt = [], [], set(), 0
        self.text = file.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.loads += [attributes[name] for kind, name in self.LOADING if kind == tag and attributes.get(name)]
        if tag == "link" and attributes.get("rel") not in ("canonical", "search", "index", "next", "prev"):
            self.loads.append(attributes["href"])
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        self.without_alt += tag == "img" and not attributes.get("alt")


@pytest.fixture(scope="module")
def pages(html):
    return {file: Page(file) for file in html.glob("*.html")}


def test_pages_load_nothing_from_elsewhere(pages):
    for file, page in pages.items():
        foreign = [url for url in page.loads if urlsplit(url).scheme not in ("", "data") or urlsplit(url).netloc]
        assert foreign == [], file.name
        assert "unpkg.com" not in page.text, file.name
        assert "cdn.jsdelivr" not in page.text, file.name


def test_internal_links_lead_somewhere(pages, html, needs):
    needs((html / "live/complete").exists(), "the book was built without what its live pages serve")
    for file, page in pages.items():
        for url in {*page.links, *page.loads}:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file.resolve()
            assert target.exists(), f"{file.name} → {url}"
            known = {f.resolve(): p.anchors for f, p in pages.items()}.get(target)
            if parts.fragment and known is not None:
                assert unquote(parts.fragment) in known, f"{file.name} → {url}"


def test_no_cell_failed_or_warned(pages):
    for file, page in pages.items():
        assert "Traceback (most recent call last)" not in page.text, file.name
        assert 'class="output stderr' not in page.text, file.name
        assert "application/vnd.jupyter.widget" not in page.text, file.name


def test_pictures_have_alternative_texts(pages):
    for file, page in pages.items():
        assert page.without_alt == 0, file.name


def test_explorables_carry_a_description(pages):
    found = [p for p in pages.values() if 'class="snn-explore"' in p.text]
    assert found
    for page in found:
        assert 'src="live/live.js?' in page.text
        captions = re.findall(r"<figcaption>(.*?)</figcaption>", page.text, re.S)
        assert len(captions) == page.text.count('class="snn-explore"') + page.text.count('class="snn-figure"')
        assert all(len(caption) > 40 for caption in captions)
