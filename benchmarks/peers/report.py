"""Results as Markdown: bytes at equal quality, then every point."""

from __future__ import annotations

import math
from collections.abc import Iterable

from benchmarks.peers.models import MODELS
from benchmarks.peers.models.base import Goal
from benchmarks.peers.results import Results, measured
from benchmarks.peers.running import Point
from benchmarks.peers.tools import TOOLS

NNCODEC = "nncodec"
OURS = ("seed", "seed calibrated", "seed healed")
ROUNDING = 1e-9
Reached = tuple[float, bool] | None


def losses(results: Results, model: str, tool: str, goal: Goal) -> list[tuple[int, float, str]]:
    """Bytes, loss and setting of a tool's points, from few bytes to many, zstd where it helps."""
    own = results["models"][model]["scores"]
    points = [p for p in results["points"] if p["model"] == model and p["tool"] == tool]
    return sorted(
        (p["zstd"], goal.of(p["scores"], own), p["setting"]) for p in points if "scores" in p
    )


def bytes_at_goal(results: Results, model: str, tool: str, goal: Goal) -> Reached:
    """Fewest bytes for a goal, and whether they lie between two points of the tool.

    Between points, logarithms of loss and bytes are taken as a line. Where even the
    smallest point is good enough its bytes are given, an upper bound.
    """
    curve = losses(results, model, tool, goal)
    good = [i for i, (_, loss, _) in enumerate(curve) if loss <= goal.most + ROUNDING]
    if not good:
        return None
    size, loss, _ = curve[good[0]]
    if good[0] == 0:
        return float(size), False
    before, worse, _ = curve[good[0] - 1]
    high, low = math.log(worse), math.log(loss)
    share = min(1.0, (high - math.log(goal.most)) / (high - low))
    return math.exp(math.log(before) + share * (math.log(size) - math.log(before))), True


def equal_quality(results: Results) -> str:
    columns = [(name, goal) for name in measured(results) for goal in MODELS[name].goals]
    lines = [_row(["tool", *(f"{name}: {goal.text}" for name, goal in columns)])]
    lines.append(_row(["---"] * (len(columns) + 1)))
    plain = [f"{results['models'][name]['bytes'] / 1e6:.2f} MB" for name, _ in columns]
    lines.append(_row(["float32", *plain]))
    reached = {t: [bytes_at_goal(results, m, t, goal) for m, goal in columns] for t in TOOLS}
    for tool in TOOLS:
        if any(p["tool"] == tool for p in results["points"]):
            cells = [
                _size(results, m, found) if losses(results, m, tool, goal) else "not run"
                for (m, goal), found in zip(columns, reached[tool], strict=True)
            ]
            lines.append(_row([tool, *cells]))
    lines += [_row([text, *cells]) for text, cells in _bars(reached)]
    return "\n".join(lines)


def _size(results: Results, model: str, reached: Reached) -> str:
    if reached is None:
        return "not reached"
    size, between = reached
    text = f"{size / 1e6:.3f} MB, {results['models'][model]['bytes'] / size:.1f} x"
    return text if between else f"≤ {text}"


def _bars(reached: dict[str, list[Reached]]) -> Iterable[tuple[str, list[str]]]:
    others = [t for t in TOOLS if t not in (*OURS, NNCODEC)]
    for ours in OURS:
        if not any(reached[ours]):
            continue
        for text, rivals in ((NNCODEC, [NNCODEC]), ("the best other peer's", others)):
            cells = []
            for at, mine in enumerate(reached[ours]):
                found = [r[0] for r in (reached[t][at] for t in rivals) if r]
                cells.append(f"{mine[0] / min(found):.2f}" if mine and found else "")
            yield f"{ours}, over {text}", cells


def every_point(results: Results) -> str:
    parts = []
    for name in measured(results):
        model = results["models"][name]
        keys = list(model["scores"])
        points = [p for p in results["points"] if p["model"] == name]
        head = ["tool", "setting", "bytes", "with zstd", "ratio", *keys]
        lines = [_row(head), _row(["---"] * len(head))]
        lines.append(_row(["original", "", f"{model['bytes']:,}", "", "", *_figures(model, keys)]))
        for p in sorted(points, key=lambda p: p.get("zstd", 0)):
            lines.append(_row(_cells(p, model["bytes"], keys)))
        parts.append(f"### {model['about']}\n\n{model['data']}.\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _cells(point: Point, plain: int, keys: list[str]) -> list[str]:
    start = [point["tool"], f"`{point['setting']}`"]
    if "error" in point:
        return [*start, point["error"].splitlines()[-1][:80], *[""] * (2 + len(keys))]
    sizes = [f"{point['bytes']:,}", f"{point['zstd']:,}", f"{plain / point['zstd']:.2f}"]
    return [*start, *sizes, *_figures(point, keys)]


def _figures(holder: Point, keys: list[str]) -> list[str]:
    return [f"{holder['scores'][key]:.4g}" for key in keys]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def markdown(results: Results, name: str) -> str:
    """``name``: of the file of results, whose plot stands beside it, without an ending."""
    machine = results["environment"]
    made = ", ".join(f"{key} {value}" for key, value in machine.items())
    left = [m for m in MODELS if m not in measured(results)]
    lacking = f" Not measured yet: {', '.join(left)}." if left else ""
    return (
        "# seedtool beside its peers\n\n"
        f"    python -m benchmarks.peers run --envs FOLDER -o {name}.json\n\n"
        f"{made}; seeds {results['seeds']}. Digests of weights and data, versions and commands"
        f" are in the JSON file beside this one.{lacking}\n\n"
        "Bytes are those of a file from which all tensors come back, compressed by zstd -19 where"
        " that makes it smaller (it does for tools without an entropy coder: a courtesy to them)."
        " Vectors, tensors of fewer than 4,096 weights and those that a tool cannot take are"
        " float16, for every tool that has no way of its own with them (seedtool, nncodec and"
        " onnxruntime have). Tokenizer and config are left out for all. ONNX files hold"
        " their graph. Every tool is scored by the same program on the same test data, which no"
        " tool has seen; only tools named *calibrated* or *healed* see calibration data.\n\n"
        "## Bytes at equal quality\n\n"
        f"![Loss over compression, a panel a model]({name}.svg)\n\n"
        "Interpolated between the tool's two points beside the goal (logarithms of bytes and"
        " loss); ≤: its smallest point is already good enough. SmolLM2's weights come from a"
        " 98 MB GGUF of type Q4_1, so ratios against float32 flatter every tool.\n\n"
        f"{equal_quality(results)}\n\n## Every point\n\n{every_point(results)}\n"
    )
