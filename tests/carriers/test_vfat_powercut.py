"""A stick with FAT32 on real Linux, whose power is cut while a depot is written: what was acknowledged is whole.

1. The machine is a virtual one, killed; its kernel's vfat is the real one.
2. Needs the test bed (LOWBAND_TESTBED, or shared/testbed beside the repository), qemu and dosfstools; else it skips.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTBED = Path(os.environ.get("LOWBAND_TESTBED", ROOT.parent / "shared" / "testbed"))
ENOUGH = 40  # files acknowledged before the cut
MOUNT = "mount -t vfat {options} /dev/vda /mnt/usb"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kernel and the first file system of a virtual machine."""
    if not (TESTBED / "qemu_up.sh").exists():
        pytest.skip("the test bed is not here: set LOWBAND_TESTBED")
    for program in ("qemu-system-x86_64", "mkfs.vfat", "cpio"):
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("machine")
    (folder / "guest.sh").write_text("true\n")
    made = subprocess.run(["bash", TESTBED / "qemu_up.sh", folder], capture_output=True, timeout=300, check=False)
    if b"GUEST-READY" not in made.stdout:
        pytest.skip(f"the virtual machine does not start: {made.stderr[-200:]!r}")
    return folder


def start(machine: Path, image: Path, script: str) -> subprocess.Popen[bytes]:
    """The machine with `image` as its stick, doing `script`; what it says goes to the file `said`."""
    (machine / "guest.sh").write_text(script)
    kernel = next((machine / "k" / "boot").glob("vmlinuz-*"))
    share = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512", "-nographic", "-no-reboot"]
    command += [
        "-kernel",
        str(kernel),
        "-initrd",
        str(machine / "initrd.gz"),
        "-append",
        "console=ttyS0 quiet panic=-1",
    ]
    command += ["-virtfs", share, "-drive", f"file={image},if=virtio,format=raw", "-net", "none"]
    with (machine / "said").open("wb") as said:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)


def guest(*arguments: str) -> str:
    """The shell line that runs the guest's program."""
    program = ROOT / "tests" / "carriers" / "vfat_guest.py"
    return f"PYTHONPATH={ROOT} PYTHONDONTWRITEBYTECODE=1 {sys.executable} {program} {' '.join(arguments)}\n"


def acknowledged(machine: Path) -> int:
    """How many files the machine has said to be written."""
    said = re.findall(rb"W (\d+)\r?\n", (machine / "said").read_bytes())
    return int(said[-1]) + 1 if said else 0


def cut_while_writing(machine: Path, image: Path, how: str, enough: int) -> int:
    """Start writing, cut the power after `enough` files; how many were acknowledged."""
    process = start(machine, image, MOUNT.format(options="-o utf8") + "\n" + guest("write", "/mnt/usb/depot", how))
    try:
        ending = time.monotonic() + 120
        while acknowledged(machine) < enough and time.monotonic() < ending and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    count = acknowledged(machine)
    assert count >= enough, (machine / "said").read_text(errors="replace")[-800:]
    return count


def whole_after(machine: Path, image: Path, count: int) -> int:
    """Mount the stick again, in a machine started anew: how many of the first `count` files are whole."""
    script = MOUNT.format(options="-o ro,utf8") + "\n" + guest("check", "/mnt/usb/depot", str(count))
    start(machine, image, script).wait(120)
    said = (machine / "said").read_text(errors="replace")
    found = re.search(r"RESULT (\d+) of", said)
    assert found, said[-800:]
    return int(found[1])


def stick(machine: Path) -> Path:
    """A new stick with FAT32."""
    image = machine / "stick.img"
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(512 << 20)
    subprocess.run(["/usr/sbin/mkfs.vfat", "-F", "32", image], check=True, stdout=subprocess.DEVNULL)
    return image


@pytest.mark.slow
@pytest.mark.parametrize("extra", [0, 3, 11])
def test_acknowledged_is_whole(machine: Path, extra: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file acknowledged before the cut is whole after it, and so after a second cut of the same stick."""
    image = stick(machine)
    for life in (1, 2):
        count = cut_while_writing(machine, image, "careful", life * ENOUGH + extra)
        whole = whole_after(machine, image, count)
        with capsys.disabled():
            print(f"\nvfat, cut {life}: {count} acknowledged, {whole} whole")
        assert whole == count


@pytest.mark.slow
def test_the_bed_can_lose(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same writer without its last steps loses files here: so the test above could have failed."""
    image = stick(machine)
    count = cut_while_writing(machine, image, "careless", ENOUGH)
    whole = whole_after(machine, image, count)
    with capsys.disabled():
        print(f"\nvfat, nothing after the rename: {count} acknowledged, {whole} whole")
    assert whole < count
