"""The demo's story, chapter by chapter: what happens, and what is said of it.

1. Nothing is said that was not seen in this run; seconds worked out from a rate are called so.
2. Sentences are short and simple, for they are read in four languages.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lowband.cli.console import Out, amount, decimal, duration
from lowband.cli.demo_stage import DOWN_FOR, Fetch, Resumed, Stage
from lowband.cli.demo_teller import Teller
from lowband.cli.tongue import say
from lowband.demo.costs import Whole, compare, whole_files
from lowband.demo.crew import Player
from lowband.errors import UsageError

SAID_INSTITUTION = "School of Public Service"
LINES_SHOWN, LINE_SHOWN = 3, 180  # lines of the first lesson, characters of each


class Story:
    """The story on a stage."""

    def __init__(self, out: Out, stage: Stage) -> None:
        self._tell, self._stage = Teller(out), stage
        self._wanted = stage.wanted
        self._course = self._words = ""
        self._found: dict[str, Any] = {"well": True}

    def tell(self) -> dict[str, Any]:
        """Tell all of it; every figure, for `--json`, and `well`: whether all came out as it should."""
        began = time.monotonic()
        old, new = _files(self._wanted.old), _files(self._wanted.new)
        self._opening()
        bundle = self._first_edition(old)
        visit = self._join(bundle)
        sync = self._first_lesson(visit, bundle)
        self._mishaps(sync, visit)
        update = self._second_edition(new)
        self._nothing_new()
        self._compare(new)
        self._sums(visit, whole_files({}, old), update, whole_files(old, new))
        self._found["seconds"] = round(time.monotonic() - began, 1)
        self._next()
        return self._found

    def _opening(self) -> None:
        w = self._wanted
        self._tell.line("Everything runs on this machine, in {folder}.", folder=self._stage.work)
        self._tell.line("Your own keys, settings and courses are not touched.")
        self._found["line"] = {"bits_per_second": round(w.rate * 8), "delay_ms": round(w.delay * 1000)}

    def _first_edition(self, files: Mapping[str, Path]) -> dict[str, Any]:
        """The institution publishes; the bundle for a newcomer as `publish` describes it."""
        tell, w, depot = self._tell, self._wanted, str(self._stage.depot)
        tell.heading("An institution publishes a course")
        institution = say(SAID_INSTITUTION)
        tell.typed(f'lowband catalogue new depot --name "{institution}"')
        self._words = str(self._stage.institution("catalogue", "new", depot, "--name", institution)["words"])
        tell.line("It has keys now, and an empty depot. Six words for its poster:")
        tell.line("{words}", "bold", words=self._words)
        tell.typed(f"lowband publish {w.old.name} --to depot")
        with tell.busy():
            report = self._stage.institution("publish", str(w.old), "--to", depot)
        self._course = str(report["course"])
        bundle: dict[str, Any] = next(b for b in report["bundles"] if b["from"] == 0)
        size, packed = sum(file.stat().st_size for file in files.values()), int(bundle["bytes"])
        tell.line("Edition 1 has {files} files, {size}.", files=len(files), size=amount(size))
        time = duration(w.seconds(packed))
        tell.line("Its bundle has {bytes}: {time} at {rate}.", bytes=amount(packed), time=time, rate=_rate(w.rate))
        if w.seconds(packed) > w.patience:
            tell.line("That is long: after {time} the line will run free.", time=duration(w.patience))
        self._found["course"] = self._course
        self._found["edition_1"] = {"files": len(files), "source_bytes": size, "bundle_bytes": packed}
        return bundle

    def _join(self, bundle: Mapping[str, Any]) -> Fetch:
        tell, w = self._tell, self._wanted
        tell.heading("A participant joins, over a bad line")
        tell.typed("lowband hub serve depot")
        address = self._stage.serve()
        facts = {"rate": _rate(w.rate), "delay": f"{w.delay * 2000:.0f}"}
        tell.line("Between this hub and her: {rate}, {delay} ms there and back. The line drops.", **facts)
        tell.line("Any web server would do instead of the hub.")
        visit = self._stage.begin(int(bundle["bytes"]))
        tell.typed(f"lowband join {address}")
        words = str(self._stage.participant("join", address, "--yes")["words"])
        tell.line("She sees six words:")
        tell.line("{words}", "bold", words=words)
        same = words == self._words
        tell.line("They are the words on the poster." if same else "They are not the words on the poster!")
        self._found["words_agree"] = same
        self._found["well"] &= same
        return visit

    def _first_lesson(self, visit: Fetch, bundle: Mapping[str, Any]) -> Player:
        """The first sync, until the first lesson can be read (or the line drops before)."""
        tell, stage = self._tell, self._stage
        tell.typed("lowband sync")
        sync = stage.sync()
        stage.plan(sync, bundle)
        lesson = None

        def ready() -> bool:
            nonlocal lesson
            lesson = lesson or stage.readable(self._course)
            return lesson is not None or stage.dropped.is_set()

        with tell.progress() as step:
            stage.watch(sync, visit, step, ready)
        stage.look(visit)
        if lesson is None:
            return sync
        facts = {"seconds": decimal(visit.seconds), "bytes": amount(visit.bytes)}
        tell.line("After {seconds} s and {bytes}, joining included, the first lesson can be read:", "bold", **facts)
        self._found["first_lesson"] = {"seconds": round(visit.seconds, 1), "bytes": visit.bytes, "path": lesson.path}
        text = str(stage.participant("show", self._course, lesson.path)["text"])
        for part in [x for x in text.splitlines() if x.strip()][:LINES_SHOWN]:
            tell.quote(part if len(part) <= LINE_SHOWN else part[:LINE_SHOWN].rsplit(" ", 1)[0] + " …")
        stage.look(visit)
        if visit.bytes < visit.total:
            so_far = {"done": amount(visit.bytes), "total": amount(visit.total)}
            tell.line("The rest is still coming: {done} of {total} so far.", **so_far)
        return sync

    def _mishaps(self, sync: Player, visit: Fetch) -> None:
        """The line drops, the process is killed, and the course arrives all the same."""
        tell, stage = self._tell, self._stage
        with tell.progress() as step:
            stage.watch(sync, visit, step, stage.dropped.is_set)
        if stage.dropped.is_set():
            tell.heading("The line drops, and her laptop dies")
            self._drop(sync, visit)
        if stage.killed.is_set():
            sync = self._killed(visit)
        answer = stage.finish(sync, visit)
        here = all(c["to"] == 1 for c in answer["courses"])
        tell.line("Edition 1 is here, whole and verified." if here else "Edition 1 is not here!", "bold")
        self._found["well"] &= here
        self._ran_free(visit)

    def _drop(self, sync: Player, visit: Fetch) -> None:
        """The line is gone for a while; the sync goes on until it is killed, or has ended."""
        tell, stage = self._tell, self._stage
        stage.look(visit)
        before, twice, at = stage.heard.count(), stage.heard.twice(), visit.bytes
        tell.line("After {bytes} the line drops.", bytes=amount(at))
        stage.mend()
        tell.line("It is back after {seconds} s. She need not do anything.", seconds=DOWN_FOR)
        with tell.progress() as step:
            stage.watch(sync, visit, step, stage.killed.is_set)
        self._went_on("drop", Resumed(at, stage.heard.resumed(before), stage.heard.twice() - twice))

    def _killed(self, visit: Fetch) -> Player:
        """The process was killed; another one goes on where it was. Gives that one, once it has ended."""
        tell, stage = self._tell, self._stage
        stage.look(visit)
        before, twice, at = stage.heard.count(), stage.heard.twice(), visit.bytes
        tell.line("After {bytes} the process is killed, by kill -9.", bytes=amount(at))
        tell.line("She starts it again.")
        tell.typed("lowband sync")
        sync = stage.sync()
        with tell.progress() as step:
            stage.watch(sync, visit, step, lambda: False)
        self._went_on("kill", Resumed(at, stage.heard.resumed(before), stage.heard.twice() - twice))
        return sync

    def _went_on(self, name: str, resumed: Resumed) -> None:
        tell = self._tell
        self._found[name] = {"after": resumed.at, "resumed_at": resumed.place, "bytes_twice": resumed.twice}
        if resumed.place is None:
            return
        facts = {"place": f"{resumed.place:,}".replace(",", " "), "twice": amount(resumed.twice)}
        tell.line("It went on at byte {place} of the bundle. Fetched twice: {twice}.", "bold", **facts)
        if resumed.twice and name == "kill":
            tell.line("Those had come in the last second, and were not on her disk yet.")

    def _ran_free(self, fetch: Fetch) -> None:
        if fetch.ran_free:
            self._tell.line("The line ran free after {time}.", time=duration(self._wanted.patience))

    def _second_edition(self, files: Mapping[str, Path]) -> Fetch:
        tell, stage, w = self._tell, self._stage, self._wanted
        tell.heading("The second edition")
        tell.typed(f"lowband publish {w.new.name} --to depot")
        with tell.busy():
            report = stage.institution("publish", str(w.new), "--to", str(stage.depot), "--course", self._course)
        if not report["new"]:
            raise UsageError(detail=say("{folder} holds the same as the first edition", folder=w.new))
        packed = next(int(b["bytes"]) for b in report["bundles"] if b["from"] == 1)
        tell.line("Edition 2: {changed} of {files} files changed.", changed=report["changed"], files=len(files))
        tell.line("The bundle from edition 1 has {bytes}.", bytes=amount(packed))
        update = stage.begin(packed)
        tell.typed("lowband sync")
        sync = stage.sync()
        with tell.progress() as step:
            stage.watch(sync, update, step, lambda: False)
        answer = stage.finish(sync, update)
        here = all(c["to"] == 2 for c in answer["courses"])
        facts = {"seconds": decimal(update.seconds), "bytes": amount(update.bytes)}
        if here:
            tell.line("Edition 2 is here after {seconds} s and {bytes}, all included.", "bold", **facts)
        else:
            tell.line("Edition 2 is not here!", "bold")
        self._found["well"] &= here
        self._ran_free(update)
        self._found["edition_2"] = {"files": len(files), "changed": report["changed"], "bundle_bytes": packed}
        return update

    def _nothing_new(self) -> None:
        tell, stage = self._tell, self._stage
        asked = stage.begin(0)
        tell.line("She asks once more:")
        tell.typed("lowband sync")
        stage.finish(stage.sync(), asked)
        facts = {"bytes": amount(asked.bytes), "count": str(asked.requests)}
        tell.line("Nothing new: {bytes} both ways (requests: {count}).", **facts)
        self._found["nothing_new"] = {"bytes": asked.bytes, "requests": asked.requests}

    def _compare(self, files: Mapping[str, Path]) -> None:
        tell, stage = self._tell, self._stage
        tell.heading("What came out is what was published")
        tell.typed(f"lowband export {self._course} exported")
        exported = stage.work / "exported"
        with tell.busy():
            stage.participant("export", self._course, str(exported))
            found = compare(files, exported, self._normal)
        tell.line("Her files are compared with those of the institution.")
        tell.line("The same byte for byte: {count}", count=found.same)
        tell.line("The same as their lossless normal form, made anew: {count}", count=found.normal)
        tell.line("Different: {count}", count=len(found.differ))
        self._found["well"] &= not found.differ
        for path in found.differ:
            tell.line("{path} differs!", "bold red", path=path)
        self._found["export"] = {"same": found.same, "normal_form": found.normal, "differ": found.differ}

    def _normal(self, files: Sequence[tuple[str, Path]]) -> Iterable[tuple[str, bytes]]:
        """Normal forms, worked out again: nothing is taken from what `publish` remembered."""
        from lowband.packager.normal import NormalCache, normalise_all

        cache = NormalCache(self._stage.work / "normal")
        return ((path, form.data) for path, form in normalise_all(files, cache))

    def _sums(self, visit: Fetch, all_whole: Whole, update: Fetch, changed_whole: Whole) -> None:
        tell, w = self._tell, self._wanted
        tell.heading("What it cost")
        rows = []
        for name, title, fetch, whole in (
            ("first_visit", say("first visit"), visit, all_whole),
            ("update", say("update"), update, changed_whole),
        ):
            lived = say("the line ran free") if fetch.ran_free else f"{decimal(fetch.seconds)} s"
            rows.append([title, "lowband", amount(fetch.bytes), _seconds(w.seconds(fetch.bytes)), lived])
            rows.append(["", say("whole files"), amount(whole.bytes), _seconds(w.seconds(whole.bytes)), "-"])
            self._found[name] = {
                "bytes": fetch.bytes,
                "seconds": round(fetch.seconds, 1),
                "seconds_on_line": round(w.seconds(fetch.bytes), 1),
                "line_ran_free": fetch.ran_free,
                "whole_files": {"files": whole.files, "bytes": whole.bytes, "source_bytes": whole.size},
                "whole_files_seconds_on_line": round(w.seconds(whole.bytes), 1),
            }
        tell.table(["", "way", "bytes", "at the line's rate", "as she lived it"], rows)
        tell.line("Bytes of lowband: all that the line carried, both ways, headers included.")
        tell.line("Whole files: only those that she lacks, deflated, without headers.")
        tell.line("At the line's rate: worked out, bytes divided by rate.")
        tell.line("As she lived it: measured.")
        tell.line("Her first visit holds the drop, the kill and every wait.")
        if changed_whole.bytes:
            share = f"{100 * update.bytes / changed_whole.bytes:.0f}"
            tell.line("The update cost {share} % of what the changed files cost whole.", "bold", share=share)

    def _next(self) -> None:
        tell = self._tell
        tell.heading("What next")
        tell.line("Publish a folder of your own:")
        tell.typed(say('lowband catalogue new DEPOT --name "..."'))
        tell.typed(say("lowband publish FOLDER --to DEPOT"))
        tell.line("Or see this story with two editions of your own:")
        tell.typed(say("lowband demo --course FOLDER1 FOLDER2"))
        tell.line("This took {seconds} s.", seconds=round(self._found["seconds"]))


def _files(folder: Path) -> dict[str, Path]:
    """What `publish` takes from a course folder. Raises `SourceError`."""
    from lowband.packager.scan import scan

    return {f.path: f.file for f in scan(folder).files}


def _seconds(seconds: float) -> str:
    return f"{decimal(seconds)} s" if seconds < 60 else duration(seconds)


def _rate(rate: float) -> str:
    """A rate as operators say it."""
    bits = rate * 8
    return f"{decimal(bits / 1e6, 'g')} Mbit/s" if bits >= 1e6 else f"{decimal(bits / 1e3, 'g')} kbit/s"
