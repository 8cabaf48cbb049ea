"""`lowband catalogue`, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lowband.carriers.folder import FolderCarrier
from lowband.cli.main import main
from lowband.packager.catalogue import open_catalogue
from tests.trust.world import NOON, OFFER

Run = Callable[..., str]


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A depot's folder not made yet, and a home of its own."""
    monkeypatch.setenv("LOWBAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOWBAND_LANG", "en")
    return tmp_path / "depot"


@pytest.fixture
def run(depot: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `lowband catalogue …` and answers its standard output; the exit code is checked."""

    def call(*arguments: object, code: int = 0) -> str:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["catalogue", *map(str, arguments)])
        shown = capfd.readouterr()
        assert ended.value.code == code, shown
        return shown.out if code == 0 else shown.err

    return call


def _json(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_new_tells_words_keys_and_what_is_next(run: Run, depot: Path) -> None:
    """A newcomer sees the six words, where the keys are, to copy them, and the next command."""
    shown = run("new", depot, "--name", "Ministry of Labour")
    found = _json(run("words", depot, "--json"))
    assert found["words"] in shown
    assert len(found["words"].split()) == 6
    assert f"lowband publish FOLDER --to {depot}" in shown
    assert "copy that folder to a stick" in shown
    assert found["words"] in run("words", depot)


def test_json_answers_one_object(run: Run, depot: Path) -> None:
    """Every command answers exactly one JSON object, and no secret is in any of them."""
    made = _json(run("new", depot, "--name", "M", "--root-keys", "3", "--threshold", "2", "--json"))
    listed = _json(run("keys", depot, "--json"))
    assert (listed["threshold"], len(listed["keys"]), listed["catalogue"]) == (2, 6, made["catalogue"])
    hers = _json(run("new-publisher-key", depot, "anna", "--json"))
    granted = _json(run("delegate", depot, "anna", "--courses", "tax-*", "--key", hers["key"], "--json"))
    assert (granted["key"], granted["courses"]) == (hers["key"], ["tax-*"])
    rotated = _json(run("rotate", depot, "head", "--json"))
    assert (rotated["root"], rotated["epoch"]) == (2, 1)
    assert _json(run("refresh", depot, "--json"))["seq"] == 2
    assert _json(run("revoke", depot, "anna", "--json"))["flagged"] == []
    everything = json.dumps([made, listed, hers, granted, rotated])
    for path in Path(made["keys"]).glob("*.key"):
        secret = next(line.split()[1] for line in path.read_text().splitlines() if line.startswith("secret"))
        assert secret not in everything


def test_a_revoked_publishers_courses_are_shown_with_the_way_out(run: Run, depot: Path, tmp_path: Path) -> None:
    """After a revocation the command to sign again is printed, and it works as printed."""
    run("new", depot, "--name", "M")
    run("delegate", depot, "anna", "--courses", "tax-*", "--courses", "work")
    open_catalogue(FolderCarrier(depot), tmp_path / "home" / "keys").publish_record("tax-1", 1, [OFFER], NOON, "anna")
    shown = run("revoke", depot, "anna")
    command = f"lowband catalogue sign-again {depot} tax-1"
    assert command in shown
    assert command in run("keys", depot)
    assert "Signed again: tax-1" in run("sign-again", depot, "tax-1")
    assert "sign-again" not in run("keys", depot)


def test_a_lost_root_key_is_replaced(run: Run, depot: Path) -> None:
    """One root key of three is named and replaced."""
    run("new", depot, "--name", "M", "--root-keys", "3", "--threshold", "2")
    before = [k["key"] for k in _json(run("keys", depot, "--json"))["keys"] if k["role"] == "root"]
    run("rotate", depot, "root", "--lost", before[1])
    after = [k["key"] for k in _json(run("keys", depot, "--json"))["keys"] if k["role"] == "root"]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_keys_in_another_folder_are_named(run: Run, depot: Path, tmp_path: Path) -> None:
    """A key that was moved to a stick is missed by name, and found again with --keys-from."""
    made = _json(run("new", depot, "--name", "M", "--json"))
    stick = tmp_path / "stick"
    stick.mkdir()
    for path in Path(made["keys"]).glob("registrar-*.key"):
        path.rename(stick / path.name)
    refusal = run("delegate", depot, "anna", "--courses", "tax", code=61)
    assert "registrar" in refusal
    assert "--keys-from" in refusal
    run("delegate", depot, "anna", "--courses", "tax", "--keys-from", stick)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["rotate", "{depot}", "hed"], 2),
        (["delegate", "{depot}", "anna", "--courses", "Tax"], 2),
        (["delegate", "{depot}", "anna", "--courses", "tax", "--key", "abc"], 2),
        (["revoke", "{depot}", "nobody"], 2),
        (["sign-again", "{depot}", "nothing"], 2),
        (["new", "{depot}", "--name", "again"], 2),
        (["keys", "{depot}/none"], 51),
        (["new", "{depot}/head", "--name", "M"], 2),
        (["new", "{depot}2", "--name", "M", "--passphrase"], 2),
    ],
)
def test_wrong_use_is_one_line_and_an_exit_code(run: Run, depot: Path, arguments: list[str], code: int) -> None:
    """Nothing is changed, and the line says what to do."""
    run("new", depot, "--name", "M")
    before = {p: p.read_bytes() for p in depot.rglob("*") if p.is_file()}
    shown = run(*(a.format(depot=depot) for a in arguments), code=code)
    assert len(shown.strip().splitlines()) == 1
    assert "Traceback" not in shown
    assert {p: p.read_bytes() for p in depot.rglob("*") if p.is_file()} == before


def test_a_restored_depot_shows_the_way_to_go_on(run: Run, depot: Path) -> None:
    """The refusal names the command that goes on, and that command works."""
    run("new", depot, "--name", "M")
    old = (depot / "head").read_bytes()
    run("refresh", depot)
    (depot / "head").write_bytes(old)
    assert "refresh --go-on" in run("refresh", depot, code=63)
    run("refresh", depot, "--go-on")
    run("refresh", depot)


@pytest.mark.parametrize(
    "command", ["new", "words", "keys", "new-publisher-key", "delegate", "revoke", "sign-again", "rotate", "refresh"]
)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    """--help says what the command does and what it needs."""
    shown = run(command, "--help")
    assert "DEPOT" in shown
    assert len(shown) > 300
