"""Join, sync, read, export: what a participant types."""

from __future__ import annotations

import filecmp
from pathlib import Path

from tests.cli.conftest import COURSE, Run, write_course


def test_join_shows_six_words_and_wants_a_yes(run: Run, depot: Path) -> None:
    """Without anybody to compare the words, joining asks for --yes and adds nothing."""
    answer = run("join", str(depot))
    assert answer.code == 2
    assert len(answer.out.splitlines()[1].split()) == 6
    assert "--yes" in answer.err
    assert run("status", "--json").json == {"catalogues": []}


def test_join_again_adds_one_more_depot(joined: Run, depot: Path, published: Path) -> None:
    """A second way to the same catalogue is remembered beside the first."""
    assert joined("join", str(published / "depot-1"), "--yes").code == 0
    depots = joined("status", "--json").json["catalogues"][0]["depots"]
    assert [d["address"] for d in depots] == [str(depot), str(published / "depot-1")]


def test_sync_brings_the_course_and_then_nothing_new(joined: Run) -> None:
    """The first sync fetches the newest edition, the second makes one request and a head's bytes."""
    first = joined("sync", "--json").json
    assert first["courses"][0] | {"bytes": 0} == {
        "id": "pensions", "from": 0, "to": 2, "newest": 2, "bytes": 0, "left": 0, "error": None,
    }  # fmt: skip
    again = joined("sync", "--json").json
    assert again["requests"] == 1
    assert again["bytes_down"] <= 128


def test_export_gives_back_what_was_published(joined: Run, published: Path, tmp_path: Path) -> None:
    """Every text is byte for byte the author's."""
    joined("sync")
    assert joined("export", "pensions", str(tmp_path / "out")).code == 0
    names = [p.relative_to(published / "v2").as_posix() for p in (published / "v2").rglob("*") if p.is_file()]
    _, different, missing = filecmp.cmpfiles(published / "v2", tmp_path / "out", names, shallow=False)
    assert set(different) <= {"img/stairs.png"}  # repacked pixel for pixel
    assert missing == []


def test_export_refuses_a_folder_with_files(joined: Run, tmp_path: Path) -> None:
    """Nothing of the user's is overwritten."""
    joined("sync")
    (tmp_path / "mine.txt").write_text("mine")
    answer = joined("export", "pensions", str(tmp_path))
    assert answer.code == 2
    assert "not an empty folder" in answer.err


def test_budget_stops_cleanly_and_says_what_is_left(joined: Run) -> None:
    """A small budget ends with its own exit code, and the next run goes on from there."""
    answer = joined("sync", "--budget", "900", "--json")
    assert answer.code == 70
    left = answer.json["courses"][0]["left"]
    assert left > 0
    rest = joined("sync", "--json")
    assert rest.code == 0
    assert rest.json["courses"][0]["bytes"] == left


def test_layers_and_languages_are_remembered_and_can_be_widened(joined: Run) -> None:
    """Texts in English first; French and pictures when they are asked for; then English alone again."""

    def paths() -> set[str]:
        return {x["path"] for x in joined("show", "pensions", "--json").json["lessons"] if x["here"]}

    joined("sync", "--layers", "core", "--lang", "en")
    assert "fr/01-droits.md" not in paths()
    joined("sync")
    assert "fr/01-droits.md" not in paths()
    joined("sync", "--layers", "core,full", "--lang", "all")
    assert "fr/01-droits.md" in paths()
    joined("sync", "--lang", "en")
    assert "fr/01-droits.md" not in paths()


def test_show_reads_a_lesson_with_pictures_as_words(joined: Run) -> None:
    """A picture is its alt text and its size."""
    joined("sync")
    lessons = joined("show", "pensions", "--json").json["lessons"]
    number = next(x["number"] for x in lessons if x["path"] == "01-rights.md")
    text = joined("show", "pensions", str(number)).out
    assert "Social security is a right" in text
    assert "A staircase" in text
    assert " B]" in text


def test_search_folds_accents(joined: Run) -> None:
    """Words without accents find words with them, and say where."""
    joined("sync")
    hits = joined("search", "securite", "ages", "--json").json["hits"]
    assert [h["path"] for h in hits] == ["fr/01-droits.md"]
    assert "[sécurité]" in hits[0]["snippet"]


def test_search_takes_any_words_as_words(joined: Run) -> None:
    """What looks like query syntax is searched for, not obeyed."""
    joined("sync")
    for words in ('"', "NEAR(", "a AND", "*", "title:x", "-x"):
        assert joined("search", "--json", "--", words).code == 0


def test_unknown_course_gets_one_line_and_its_code(joined: Run) -> None:
    """No traceback, no half answer."""
    answer = joined("export", "nothing", "x")
    assert answer.code == 44
    assert answer.err.count("\n") == 1
    assert "E-NOT-HERE" in answer.err


def test_sync_without_a_catalogue_says_how_to_begin(run: Run) -> None:
    """A new device is told to join."""
    answer = run("sync")
    assert answer.code == 2
    assert "lowband join" in answer.err


def test_a_dead_depot_leaves_what_is_here_readable(joined: Run, depot: Path) -> None:
    """The depot is gone; the course still opens, and the exit code says so."""
    joined("sync")
    depot.rename(depot.with_name("elsewhere"))
    answer = joined("sync")
    assert answer.code in range(50, 60)
    assert joined("show", "pensions", "1").code == 0


def test_two_depots_the_newest_word_wins(run: Run, published: Path, depot: Path) -> None:
    """An old copy on a stick does not hide the newer edition, and is named."""
    run("join", str(published / "depot-1"), "--yes")
    run("sync")
    run("join", str(depot), "--yes")
    answer = run("sync", "--json")
    assert answer.json["courses"][0]["to"] == 2
    errors = {d["address"]: d["error"] for d in run("sync", "--json").json["depots"]}
    assert errors == {str(published / "depot-1"): "E-ROLLBACK", str(depot): None}


def test_doctor_mends_a_damaged_entry(joined: Run, tmp_path: Path) -> None:
    """A flipped byte in the store is found, named and fetched again."""
    import sqlite3

    joined("sync")
    assert joined("doctor", "--json").json["sound"] is True
    base = sqlite3.connect(tmp_path / "device" / "store.db")
    piece, kept = base.execute("SELECT id, kept FROM piece ORDER BY size DESC").fetchone()
    base.execute("UPDATE piece SET kept=? WHERE id=?", (kept[:-1] + bytes([kept[-1] ^ 1]), piece))
    base.commit()
    base.close()
    looked = joined("doctor", "--look-only", "--json")
    assert looked.code == 43
    assert len(looked.json["damaged"]) == 1
    mended = joined("doctor", "--json")
    assert mended.json["left"] == []
    assert joined("doctor", "--json").json["damaged"] == []


def test_doctor_salvages_a_damaged_file(joined: Run, tmp_path: Path) -> None:
    """A page of garbage in the file: what can be read is kept, the rest comes from the depot."""
    joined("sync")
    store = tmp_path / "device" / "store.db"
    data = bytearray(store.read_bytes())
    page = 4096
    data[page * 6 : page * 7] = b"\x55" * page
    store.write_bytes(data)
    joined("doctor")
    joined("sync")
    assert joined("doctor", "--json").json["sound"] is True
    assert joined("show", "pensions", "1").code == 0


def test_a_language_that_is_new_in_an_edition_arrives_by_delta(run: Run, tmp_path: Path) -> None:
    """Edition 2 brings a language that edition 1 did not have: the device has it after the update."""
    depot, course = tmp_path / "new-depot", tmp_path / "course"
    write_course(course, COURSE)
    run("catalogue", "new", str(depot), "--name", "Office", home="author")
    run("publish", str(course), "--to", str(depot), "--course", "pensions", home="author")
    run("join", str(depot), "--yes")
    run("sync")
    write_course(course, {"es/01-derechos.md": "# Un derecho\n\nLa seguridad social es un derecho.\n"})
    run("publish", str(course), "--to", str(depot), "--course", "pensions", home="author")
    assert run("sync", "--json").json["courses"][0]["to"] == 2
    run("export", "pensions", str(tmp_path / "out"))
    assert (tmp_path / "out" / "es" / "01-derechos.md").exists()


def test_publish_refuses_no_name_and_a_folder_that_holds_the_depot(run: Run, tmp_path: Path) -> None:
    """An empty SOURCE is not the current folder, and a depot is never published with the course around it."""
    depot = tmp_path / "course" / "depot"
    run("catalogue", "new", str(depot), "--name", "Office", home="author")
    for source in ("", " "):
        assert run("publish", source, "--to", str(depot), home="author").code == 2
    answer = run("publish", str(tmp_path / "course"), "--to", str(depot), home="author")
    assert answer.code == 2
    assert "inside" in answer.err


def test_layers_can_be_chosen_anew_while_a_first_download_is_under_way(joined: Run) -> None:
    """A narrower choice in the middle asks for less, a wider one goes on; nothing comes twice."""
    assert joined("sync", "--budget", "900").code == 70
    joined("sync", "--layers", "core", "--lang", "fr")
    here = {x["path"]: x["here"] for x in joined("show", "pensions", "--json").json["lessons"]}
    assert here["fr/01-droits.md"] is True
    answer = joined("sync", "--layers", "core,lite,full", "--lang", "all", "--json").json
    assert answer["courses"][0]["to"] == 2
    assert all(x["here"] for x in joined("show", "pensions", "--json").json["lessons"])


def test_export_says_when_it_is_a_part_only(joined: Run, tmp_path: Path) -> None:
    """With texts alone on the device, nobody takes the folder for the whole course."""
    joined("sync", "--layers", "core")
    assert joined("export", "pensions", str(tmp_path / "part"), "--json").json["complete"] is False
    assert "Part of the course only" in joined("export", "pensions", str(tmp_path / "again")).out
    joined("sync", "--layers", "core,lite,full")
    assert joined("export", "pensions", str(tmp_path / "all"), "--json").json["complete"] is True


def test_more_layers_are_not_nothing_new(joined: Run) -> None:
    """Pictures that arrive for an edition that is here are told; nothing new is said only of nothing."""
    joined("sync", "--layers", "core")
    assert "more of edition 2" in joined("sync", "--layers", "core,full").out
    assert "nothing new" in joined("sync").out


def test_a_course_that_nobody_has_is_said_to_be_unknown(joined: Run) -> None:
    """A slip of the pen does not pass for success."""
    answer = joined("sync", "nocourse")
    assert answer.code == 44
    assert "nocourse" in answer.err


def test_hopeless_options_are_wrong_use(joined: Run) -> None:
    """Zero, minus and endless figures end in one line and exit code 2."""
    for words in (
        ["--max-rate", "0"],
        ["--timeout", "-1"],
        ["--timeout", "1e308"],
        ["--budget", "0"],
        ["--every", "0"],
    ):
        answer = joined("sync", *words)
        assert (answer.code, answer.err.count("\n")) == (2, 1), words


def test_a_store_of_garbage_is_kept_aside_and_said_to_be_lost(joined: Run, tmp_path: Path) -> None:
    """Nothing of it can be read: the doctor does not call that sound."""
    joined("sync")
    (tmp_path / "device" / "store.db").write_bytes(b"garbage " * 4096)
    answer = joined("doctor")
    assert answer.code == 43
    assert "join" in answer.err
