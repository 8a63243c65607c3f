"""The walls that import-linter cannot see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "charforge"
MODEL_LIBRARIES = {
    "torch", "diffusers", "transformers", "insightface", "TTS", "onnxruntime", "openvino", "dlib",
    "_dlib_pybind11", "ai_edge_litert", "mediapipe", "hibari",
}  # fmt: skip
MODEL_CALLS = {"FaceDetectorYN", "FaceRecognizerSF", "dnn"}


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(HOUSE.rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level names that a module imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def offenders(names: set[str], *rooms: str) -> list[str]:
    """Return modules outside some rooms that import any of the names."""
    return [
        f"{path.relative_to(HOUSE)}: {', '.join(sorted(names & imported(ast.parse(path.read_text()))))}"
        for path in modules()
        if not str(path.relative_to(HOUSE)).startswith(rooms) and names & imported(ast.parse(path.read_text()))
    ]


def test_model_libraries_are_imported_only_in_backends() -> None:
    """No room but the backends knows a model library."""
    assert offenders(MODEL_LIBRARIES, "backends/") == []


def test_neural_networks_of_opencv_are_used_only_in_backends() -> None:
    """OpenCV decodes and warps everywhere; its networks run only behind the doors."""
    found = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path in modules()
        if not path.is_relative_to(HOUSE / "backends")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in MODEL_CALLS
    ]
    assert found == []


def test_child_processes_have_one_door() -> None:
    """Only process.py starts other programs."""
    assert offenders({"subprocess", "pexpect", "sh"}, "process.py") == []


def test_sockets_have_their_doors() -> None:
    """Only the weights, the server rooms and the one HTTP client may reach the network."""
    network = {"socket", "http", "urllib3", "requests", "httpx", "aiohttp"}
    assert offenders(network, "weights/", "serve/", "backends/http.py") == []


def test_the_terminal_belongs_to_the_command_line() -> None:
    """Core code emits events; only cli/ knows typer and rich."""
    assert offenders({"typer", "rich", "click"}, "cli/") == []


def test_no_model_library_is_loaded_when_a_backend_module_is_imported() -> None:
    """Importing every backend module is cheap: heavy libraries wait until they are used."""
    # What Blender runs is no module of ours.
    files = sorted(f for f in (HOUSE / "backends").rglob("*.py") if f.parent.name != "within_blender")
    names = [".".join(("charforge", *file.relative_to(HOUSE).with_suffix("").parts)) for file in files]
    script = (
        f"import sys\nfor name in {names!r}: __import__(name)\nprint(sorted({MODEL_LIBRARIES!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["--help"], ["render", "--help"], ["library", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    """Help needs neither numpy nor any model library."""
    script = (
        "import sys\nsys.argv = ['charforge', *{words!r}]\nfrom charforge.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('HEAVY', sorted({names!r} & set(sys.modules)), file=sys.stderr)"
    ).format(words=words, names=MODEL_LIBRARIES | {"numpy", "cv2", "av", "jinja2", "yaml"})
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "HEAVY []" in done.stderr
    assert "Usage" in done.stdout
