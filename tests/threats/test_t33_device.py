"""T33 on a device: a depot on FAT: short plain names without case, times that lie, and everything still comes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lowband.carriers.folder import FolderCarrier
from tests.world import Device, device_at, pensions


def _stick(folder: Path, number: int = 4) -> FolderCarrier:
    """A depot as the packager's carrier writes it."""
    carrier = FolderCarrier(folder)
    for name, content in pensions().editions[number].depot.items():
        carrier.write(name, iter([content]))
    return carrier


def test_what_the_packager_writes_fits_on_fat(tmp_path: Path) -> None:
    """Names short, plain, lower-case; no two alike but for case; no links; few files in a folder."""
    _stick(tmp_path)
    files = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")]
    assert all(re.fullmatch(r"[a-z0-9/.]{1,80}", name) for name in files)
    assert len({name.lower() for name in files}) == len(files)
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))


def test_times_mean_nothing(tmp_path: Path) -> None:
    """All files of 1980, or of 2107: the device takes the newest edition, and later says that nothing is new."""
    carrier = _stick(tmp_path)
    for moment in (315_532_800, 4_354_819_198):
        for path in tmp_path.rglob("*"):
            os.utime(path, (moment, moment))
        device = device_at(3)
        assert device.sync(carrier).courses[0].problem is None
        assert device.tree("pensions") == pensions().editions[4].files


def test_names_shown_in_capitals_are_found_where_the_system_folds_case(tmp_path: Path) -> None:
    """A file manager that copies in capitals: on a system that folds case it is the same depot, else it is absent."""
    _stick(tmp_path)
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.upper()))
    folds = (tmp_path / "head").exists()
    device = device_at(3)
    report = device.sync(FolderCarrier(tmp_path))
    assert report.fresh == folds
    assert device.tree("pensions") == pensions().editions[4 if folds else 2].files


def test_a_bundle_in_several_files_is_one_stream(monkeypatch: object, tmp_path: Path) -> None:
    """With parts of 1,000 bytes instead of a GiB: the bundle comes whole, over a cut in each file."""
    import pytest

    from lowband.model import depot
    from lowband.model.depot import object_name
    from tests.world_depots import Cut

    made = pensions().editions[4]
    files = dict(made.depot)
    name = object_name(made.record.offers[0].part_hash)
    whole = files.pop(name)
    for number, at in enumerate(range(0, len(whole), 1000)):
        files[depot.part_name(name, number)] = whole[at : at + 1000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(depot.spans, "__defaults__", (1000,))
        device = Device().join(files)
        line = Cut(files, 700)
        report = device.sync(line)
        assert [c.problem for c in report.courses] == [None]
        assert sum(line.bytes_of(n) for n in files if n.startswith(name)) == len(whole)
    assert line.cuts > 20
    assert device.tree("pensions") == made.files
