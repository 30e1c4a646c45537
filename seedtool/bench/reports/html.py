"""A page as one file of HTML that needs nothing else: style and plots are in it, scripts none."""

from __future__ import annotations

from seedtool.bench.reports import svg
from seedtool.bench.reports.blocks import Block, Heading, Page, Plot, Table, Words, written
from seedtool.bench.reports.letters import as_html

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #5c6470;
  --rule: #d5dae0; --grid: #eceff2; --band: #f6f8fa; --control: #6e7681; --limit: #57606a;
  --c0: #0b62c4; --c1: #c2410c; --c2: #1a7f37; --c3: #8a3ffc; --c4: #b3005e; --c5: #0f7f8c;
  --c6: #8a6100; --c7: #4b5563; }
@media (prefers-color-scheme: dark) { :root { --back: #14181d; --text: #e6eaef; --soft: #9aa4b0;
  --rule: #3a424c; --grid: #232a32; --band: #1c2229; --control: #9aa4b0; --limit: #b3bcc7;
  --c0: #6cb0ff; --c1: #ff9d66; --c2: #62d07f; --c3: #c3a1ff; --c4: #ff82bf; --c5: #57cfdc;
  --c6: #e3b341; --c7: #aab4c0; } }
body { margin: 0 auto; padding: 24px 20px 60px; max-width: 1060px; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6em; line-height: 1.2; margin: 0 0 12px; }
h2 { font-size: 1.2em; margin: 34px 0 8px; }
p { margin: 8px 0; max-width: 78ch; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 14px 0 22px; }
table { border-collapse: collapse; font-size: 0.92em; }
caption { text-align: left; font-weight: 600; padding: 4px 0 6px; white-space: nowrap; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
td { overflow-wrap: break-word; max-width: 46ch; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
th.number { max-width: 9em; }
tbody tr:nth-child(even) { background: var(--band); }
.digest { font: 0.85em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
figure { margin: 18px 0 26px; }
figcaption { font-weight: 600; margin-bottom: 4px; }
figure p { color: var(--soft); font-size: 0.9em; }
svg { width: 100%; max-width: 900px; height: auto; display: block; font-size: 12px; }
svg text { fill: var(--text); }
svg .mark { fill: var(--soft); font-size: 11px; }
svg path { fill: none; }
svg .grid { stroke: var(--grid); }
svg .axis { stroke: var(--rule); }
svg .line { stroke-width: 1.8; }
svg .bar { stroke-width: 1.2; }
svg .lead { stroke-width: 0.7; opacity: 0.6; }
svg .line.control { stroke-dasharray: 6 4; stroke-width: 1.4; }
svg .line.limit { stroke-dasharray: 2 3; stroke-width: 1.4; }
"""
CLASSES = (*(f"c{i}" for i in range(svg.COLOURS)), "control", "limit")
COLOURS = "\n".join(
    f"svg path.{c} {{ stroke: var(--{c}); }} svg circle.{c}, svg text.{c} {{ fill: var(--{c}); }}"
    for c in CLASSES
)
DIGEST = 64  # letters: long words of them are set small


def render(page: Page) -> str:
    """The page; every word of the document's is text in it and nothing else."""
    title = as_html(page.title)
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}{COLOURS}\n</style>\n</head>\n<body>\n"
    )
    body = "\n".join(map(_block, page.blocks))
    return f"{head}<h1>{title}</h1>\n{body}\n</body>\n</html>\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h2>{as_html(block.text)}</h2>"
        case Words():
            return f"<p>{as_html(block.text)}</p>"
        case Table():
            return _table(block)
        case Plot():
            about = f"\n<p>{as_html(block.about)}</p>" if block.about else ""
            caption = f"<figcaption>{as_html(block.title)}</figcaption>"
            return f"<figure>{caption}\n{svg.render(block)}{about}\n</figure>"


def _table(table: Table) -> str:
    sides = [' class="number"' if column.form else "" for column in table.columns]
    head = "".join(
        f"<th{side}>{as_html(column.title)}</th>"
        for column, side in zip(table.columns, sides, strict=True)
    )
    rows = []
    for row in table.rows:
        texts = [written(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        cells = [_cell(text, side) for text, side in zip(texts, sides, strict=True)]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    body = "\n".join(rows)
    caption = f"<caption>{as_html(table.title)}</caption>" if table.title else ""
    return (
        f'<div class="scroll"><table>{caption}\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(text: str, side: str) -> str:
    if not side and len(text) == DIGEST and text.isalnum():
        side = ' class="digest"'
    return f"<td{side}>{as_html(text)}</td>"
