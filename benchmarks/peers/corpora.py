"""English text that packages ship: Wikipedia pages, rated movie sentences, rated word pairs."""

from __future__ import annotations

import bz2
import html
import io
import re
import tarfile
from pathlib import Path

import numpy as np

from benchmarks.peers.packages import python_package, source_archive

GENSIM = "gensim==4.4.0"
DUMP = "gensim/test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
SEED = 20
SHARES = {"calibration": 0.6, "tuning": 0.15, "test": 0.25}


def wikipedia(cache: Path) -> dict[str, list[str]]:
    """Plain text of English Wikipedia pages (CC BY-SA), split by page; no page is in two."""
    pages = _pages((python_package(cache, GENSIM) / DUMP).read_bytes())
    order = np.random.default_rng(SEED).permutation(len(pages))
    bounds = np.cumsum([round(share * len(pages)) for share in SHARES.values()])[:-1]
    parts = np.split(order, bounds)
    return {name: [pages[i] for i in part] for name, part in zip(SHARES, parts, strict=True)}


def _pages(packed: bytes) -> list[str]:
    xml = bz2.decompress(packed).decode("utf-8")
    found = []
    for raw in re.findall(r"<text[^>]*>(.*?)</text>", xml, re.S):
        text = html.unescape(raw)
        if text[:9].upper().startswith("#REDIRECT"):
            continue
        text = re.sub(
            r"<!--.*?-->|<ref[^>/]*/>|<ref.*?</ref>|<math>.*?</math>", "", text, flags=re.S
        )
        for _ in range(6):  # templates and tables nest
            text, count = re.subn(r"\{\{[^{}]*\}\}|\{\|[^{}]*\|\}", "", text)
            if not count:
                break
        media = r"\[\[(?:File|Image|Category|[a-z-]{2,12}):[^\[\]]*(?:\[\[[^\]]*\]\][^\[\]]*)*\]\]"
        text = re.sub(media, "", text)
        text = re.sub(r"\[\[(?:[^|\]]*\|)?([^\]]*)\]\]", r"\1", text)
        text = re.sub(r"\[https?://\S+ ?([^\]]*)\]", r"\1", text)
        marks = r"'{2,}|</?[a-zA-Z][^>]*>|^[*#:;|!{}].*$|^=+|=+$"
        text = re.sub(r"\n{3,}", "\n\n", re.sub(marks, "", text, flags=re.M)).strip()
        if len(text) > 200:
            found.append(text)
    return found


def sentences(pages: list[str], count: int) -> list[str]:
    """``count`` different sentences of 40 to 300 characters, drawn with a fixed seed."""
    every = {
        " ".join(s.split())
        for page in pages
        for s in re.split(r"(?<=[.!?])\s+", page)
        if 40 <= len(s) <= 300 and s[0].isalpha()
    }
    ordered = sorted(every)
    picked = np.random.default_rng(SEED).permutation(len(ordered))[:count]
    return [ordered[i] for i in picked]


def paragraphs(pages: list[str], count: int) -> list[str]:
    """``count`` paragraphs of at least 300 characters, drawn with a fixed seed."""
    every = sorted(
        {" ".join(p.split()) for page in pages for p in page.split("\n") if len(p) > 300}
    )
    picked = np.random.default_rng(SEED).permutation(len(every))[:count]
    return [every[i] for i in picked]


def movie_sentences(cache: Path) -> list[tuple[str, int]]:
    """Sentences of movie reviews and whether 20 people liked them (1) or not (0), shuffled.

    Neutral ones (mean rating within 0.5 of zero) are left out. Hutto and
    Gilbert, "VADER", ICWSM 2014; MIT licence.
    """
    archive = source_archive(cache, "vaderSentiment==3.3.2")
    inner = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
    data = _member(archive.read_bytes(), inner)
    rated = _member(data, "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt").decode("utf-8")
    rows = [line.rstrip("\r").split("\t", 2) for line in rated.split("\n") if line.strip()]
    labels = {" ".join(t.split()): int(float(s) > 0) for _, s, t in rows if abs(float(s)) >= 0.5}
    order = np.random.default_rng(SEED).permutation(len(labels))
    every = sorted(labels.items())
    return [every[i] for i in order]


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise SystemExit(f"{name} is not a file of its archive")
        return found.read()


def word_pairs(cache: Path) -> list[tuple[str, str, float]]:
    """SimLex-999: two words and how alike people find them (Hill et al. 2015)."""
    path = python_package(cache, GENSIM) / "gensim/test/test_data/simlex999.txt"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [(a, b, float(s)) for a, b, s in (r for r in rows if len(r) == 3 and r[0][0] != "#")]
