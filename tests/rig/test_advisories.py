"""What pip-audit says is told as it is: a package that it did not look at is not one without weakness."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rig import advisories
from rig.advisories import judge
from rig.tools import free_ports


def said(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


GOOD = {"name": "attrs", "version": "1", "vulns": []}
SKIPPED = {"name": "cryptography", "skip_reason": "Dependency not found on PyPI and could not be audited"}
WEAK = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"], "aliases": []}]}


def test_all_looked_at_and_nothing_known() -> None:
    assert judge(said(GOOD), "No known vulnerabilities found") == ([], [])


def test_a_skipped_package_is_not_called_clean() -> None:
    found, unknown = judge(said(GOOD, SKIPPED), "No known vulnerabilities found")
    assert found == []
    assert unknown == ["1 of 2 are not known to the advisory service (cryptography, ...)"]


def test_a_weakness_is_named_with_its_remedy() -> None:
    assert judge(said(GOOD, WEAK, SKIPPED), "")[0] == ["old 1: PYSEC-1, mended in 2"]


def test_no_answer_is_said() -> None:
    assert judge("", "error\nno network")[1] == ["no network"]
    assert judge("", "")[1] == ["pip-audit gave no answer"]


# --- the real pip-audit on the real lock


class Service:
    """Speaks OSV's protocol; knows of a weakness in ``weak``, and answers with ``status``."""

    def __init__(self) -> None:
        self.weak, self.status, self.asked = "", 200, set[str]()
        self.goes_on = threading.Event()
        self.goes_on.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                package = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]
                service.asked.add(package["name"])
                service.goes_on.wait(30)
                events = [{"introduced": "0"}, {"fixed": "99.1"}]
                affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]
                known = {"vulns": [{"id": "PYSEC-1", "affected": affected}]} if package["name"] == service.weak else {}
                body = json.dumps(known).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/query"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Service()
    yield made
    made.close()


def test_every_line_of_the_lock_is_asked_about_and_a_clean_answer_is_green(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert advisories.main(["--osv", service.url]) == 0
    assert capsys.readouterr() == ("dependencies: no known weakness\n", "")
    lines = (advisories.REPOSITORY / "requirements.lock").read_text().splitlines()
    locked = {line.split("==")[0]: ";" in line for line in lines if "==" in line and not line.startswith((" ", "#"))}
    assert {"aiohttp", "cryptography", "pip-audit"} <= {name for name, depends in locked.items() if not depends} <= service.asked
    assert service.asked <= set(locked), "the rest depends on the machine"


def test_what_a_service_is_installed_from_is_what_was_tested() -> None:
    """requirements-service.lock: the same versions by the same hashes, as far as both name a package, and all that pyproject.toml asks for."""
    tested, installed = (_locked(advisories.REPOSITORY / name) for name in ("requirements.lock", "requirements-service.lock"))
    only_for_a_service = {name for name in installed if name.startswith(("psycopg", "tzdata"))}
    assert {name: installed[name] for name in installed if name not in only_for_a_service} == {
        name: tested[name] for name in installed if name not in only_for_a_service
    }
    project = tomllib.loads((advisories.REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["speed"], *project["optional-dependencies"]["postgresql"]]
    assert {re.split(r"[^A-Za-z0-9_-]", line)[0].lower() for line in wanted} <= set(installed)
    assert not {"pytest", "mypy", "pip-audit"} & set(installed)
    assert all("--hash=sha256:" in entry for entry in installed.values())


def _locked(lock: Path) -> dict[str, str]:
    """Package -> its version and its hashes (what it is for differs)."""
    entries = re.split(r"\n(?=[a-z])", "\n" + re.sub(r"(?m)^#.*\n", "", lock.read_text()))
    return {entry.split("==")[0]: re.sub(r" ; .*", " \\\\", entry.strip(), count=1) for entry in entries if "==" in entry}


def test_a_finding_is_red(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.weak = "aiohttp"
    assert advisories.main(["--osv", service.url]) == 1
    said = capsys.readouterr().out
    assert said.startswith("aiohttp ")
    assert said.endswith(": PYSEC-1, mended in 99.1\n")


@pytest.mark.parametrize(("strict", "status"), [([], 0), (["--strict"], 1)])
@pytest.mark.parametrize("trouble", ["away", "fails", "silent"])
def test_a_service_that_does_not_answer_is_said_and_red_only_if_asked_for(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, trouble: str, strict: list[str], status: int
) -> None:
    for name in ("TIMEOUT_S", "STRICT_TIMEOUT_S"):
        monkeypatch.setattr(advisories, name, 2.0 if trouble == "silent" else 30.0)
    if trouble == "silent":
        service.goes_on.clear()
    service.status = 500 if trouble == "fails" else 200
    url = f"http://127.0.0.1:{free_ports(1)[0]}/v1/query" if trouble == "away" else service.url
    assert advisories.main(["--osv", url, *strict]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("dependencies were NOT (all) audited: ")
