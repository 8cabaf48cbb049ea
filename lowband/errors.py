"""Every failure lowband can report, in one tree.

1. An error answers: what failed, what is safe, what to do next; whose fault; is a retry worth it.
2. The three sentences are class templates, so the roof can translate them before filling in facts.
3. Facts are names, numbers and paths; the only prose among them are short reasons, which have a template too.

    LowbandError 1
    ├── UsageError 2            wrong use: option, name, folder
    ├── FormatError 10          bytes that break a format
    │   ├── VersionError 11         newer than this program
    │   ├── UnsafeNameError 12      a name that must not become a file
    │   └── LimitError 13           larger than a stated limit
    ├── IntegrityError 20       bytes that are not the signed ones
    │   └── WrongBaseError 21       a delta for another base
    ├── TrustError 30           a signature or key that does not hold
    │   ├── RollbackError 31        older than what was seen
    │   ├── ScopeError 32           publisher outside its courses
    │   ├── RevokedError 33         a key no longer listed
    │   ├── EquivocationError 34    two heads for one number
    │   ├── OtherCatalogueError 35  a depot of another catalogue
    │   ├── RootNeededError 36      signed under a root not yet known here
    │   └── MixedError 37           signed, but for another place
    ├── StoreError 40           the device's store
    │   ├── LockedError 41          in use by another lowband
    │   ├── DiskFullError 42        no room
    │   ├── DamagedError 43         the file is damaged
    │   └── NotHereError 44         not on this device
    ├── CarrierError 50         a way that bytes travel
    │   ├── UnreachableError 51     no answer
    │   ├── CutError 52    cut in the middle
    │   ├── RefusedError 53         answered with a refusal
    │   │   └── DeniedError 56          and would again: no retry
    │   ├── MissingError 54         a depot that lacks a file
    │   ├── SlowError 55            below the least useful rate
    │   └── UnchangedError 57       not a failure: nothing new
    ├── SourceError 60          a course folder that cannot be published
    ├── NoKeyError 61           a signing key that is not here
    │   └── PassphraseError 62      a key's passphrase is wrong
    ├── OldDepotError 63        a depot older than its keys remember
    ├── BudgetSpent 70          not a failure: to be continued
    └── DemoError 71            the demo could not go on
"""

from __future__ import annotations

from collections import defaultdict
from enum import Enum
from typing import ClassVar

REASONS = ("detail", "reason", "needed")  # facts that may be prose
JOINT = "; "  # between the three parts of a message


class Fault(Enum):
    """Whose fault: decides the tone of the message, and who can mend it."""

    USER = "user"
    PUBLISHER = "publisher"
    CARRIER = "carrier"
    DEVICE = "device"
    ATTACK = "attack"
    NOBODY = "nobody"


class LowbandError(Exception):
    """Base of all errors; `facts` fill the templates `what`, `safe` and `todo`."""

    code: ClassVar[str] = "E-LOWBAND"
    exit_code: ClassVar[int] = 1
    fault: ClassVar[Fault] = Fault.DEVICE
    retry: ClassVar[bool] = False
    what: ClassVar[str] = "something failed: {detail}"
    safe: ClassVar[str] = "nothing was changed"
    todo: ClassVar[str] = "run the command again"

    def __init__(self, **facts: object) -> None:
        self.facts = {name: str(value) for name, value in facts.items()}
        super().__init__(self.line())

    def line(self, translate: object = None) -> str:
        """One line: what failed; what is safe; what to do next. `translate` maps a template to the user's language."""
        turn = translate if callable(translate) else str
        facts = {k: str(turn(v)) if k in REASONS or (k == "name" and " " in v) else v for k, v in self.facts.items()}
        return str(turn(JOINT)).join(fill(str(turn(part)), facts) for part in (self.what, self.safe, self.todo))


def fill(template: str, facts: dict[str, str]) -> str:
    """`template` with `facts`; control characters are made visible, so that a hostile name cannot move the cursor."""
    safe = {k: "".join(c if c.isprintable() else "�" for c in v) for k, v in facts.items()}
    return template.format_map(defaultdict(lambda: "?", safe))


class UsageError(LowbandError):
    """Wrong use of the command line or of a setting."""

    code, exit_code, fault = "E-USAGE", 2, Fault.USER
    what = "{detail}"
    todo = "see --help"


class FormatError(LowbandError):
    """Bytes that break a format. `place` is a dotted path such as `record.bundles[2].length`."""

    code, exit_code, fault = "E-FORMAT", 10, Fault.CARRIER
    what = "damaged data at {place}: {reason}"
    safe = "nothing of it was used"
    todo = "fetch it again, or from another depot"

    def __init__(self, place: str, reason: str = "not as written", **facts: object) -> None:
        super().__init__(place=place, reason=reason, **facts)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.facts["place"], self.facts["reason"]))


class VersionError(FormatError):
    """Made by a newer lowband; nothing is rewritten."""

    code, exit_code, fault = "E-VERSION", 11, Fault.NOBODY
    what = "{place} was written by a newer lowband ({reason})"
    safe = "what is on this device is untouched and still opens"
    todo = "install the newer lowband"


class UnsafeNameError(FormatError):
    """A name that cannot be a file on every system."""

    code, exit_code, fault = "E-NAME", 12, Fault.ATTACK
    what = "unsafe file name at {place}: {reason}"
    safe = "nothing was written"
    todo = "tell the course's publisher"


class LimitError(FormatError):
    """Larger than the format allows: refused before it is spent."""

    code, exit_code, fault = "E-LIMIT", 13, Fault.ATTACK
    what = "{place} is larger than allowed: {reason}"


class IntegrityError(LowbandError):
    """Bytes whose hash is not the signed one."""

    code, exit_code, fault, retry = "E-INTEGRITY", 20, Fault.CARRIER, True
    what = "{name} does not match its signed hash"
    safe = "it was not used, and the last good edition still opens"
    todo = "run lowband sync again, or use another depot"


class WrongBaseError(IntegrityError):
    """A delta against other content than this device has."""

    code, exit_code = "E-BASE", 21
    what = "the update {name} is made for another base than the one here"
    todo = "lowband fetches the full bundle instead"


class TrustError(LowbandError):
    """A signature, key or chain that does not hold."""

    code, exit_code, fault = "E-TRUST", 30, Fault.ATTACK
    what = "{name} is not signed by a key this catalogue trusts"
    safe = "nothing of it was used, and the last good edition still opens"
    todo = "tell your field office; use another depot"


class RollbackError(TrustError):
    """Older than what this device has already seen (TUF: rollback attack)."""

    code, exit_code = "E-ROLLBACK", 31
    what = "{name} is older than what was seen: seen {seen}, offered {offered}"


class ScopeError(TrustError):
    """A publisher signed a course it was not given."""

    code, exit_code = "E-SCOPE", 32
    what = "publisher {publisher} may not publish course {course}"


class RevokedError(TrustError):
    """Signed by a key that the catalogue no longer lists."""

    code, exit_code = "E-REVOKED", 33
    what = "{name} is signed by a key that was revoked"
    todo = "wait for the publisher to sign it again"


class EquivocationError(TrustError):
    """Two different heads with one (epoch, seq)."""

    code, exit_code = "E-TWO-HEADS", 34
    what = "two different heads carry the number {seq}: both are kept as proof"
    proof: bytes = b""  # the second head, as it came


class OtherCatalogueError(TrustError):
    """A depot that holds another catalogue than the one expected."""

    code, exit_code, fault = "E-OTHER-CATALOGUE", 35, Fault.CARRIER
    what = "{name} holds another catalogue than the one joined"
    todo = "check the address, or compare the six words with your field office and join again"


class RootNeededError(TrustError):
    """Signed under a newer root than this device knows: the roots between are to be fetched first."""

    code, exit_code, fault, retry = "E-ROOT", 36, Fault.CARRIER, True
    what = "{name} needs root {offered}, and this device knows root {seen}"


class MixedError(TrustError):
    """Rightly signed, but put in the place of something else (TUF: mix and match)."""

    code, exit_code = "E-MIXED", 37
    what = "{name} is in the wrong place: expected {seen}, offered {offered}"


class StoreError(LowbandError):
    """The device's store could not do its work."""

    code, exit_code = "E-STORE", 40
    what = "the store failed: {detail}"
    safe = "what was saved is safe"
    todo = "run lowband doctor"


class LockedError(StoreError):
    """Another lowband holds the store."""

    code, exit_code, retry = "E-LOCKED", 41, True
    what = "another lowband is working on {name}"
    todo = "wait until it has finished"


class DiskFullError(StoreError):
    """No room on the disk."""

    code, exit_code, retry = "E-FULL", 42, True
    what = "the disk is full: {needed} needed, {free} free"
    safe = "everything already here is intact and opens"
    todo = "free some space and run the command again"


class DamagedError(StoreError):
    """The store's file, or part of it, is damaged."""

    code, exit_code = "E-DAMAGED", 43
    what = "{name} is damaged: {detail}"
    safe = "undamaged courses still open"
    todo = "run lowband doctor to fetch the damaged parts again"


class NotHereError(StoreError):
    """Asked for something that this device does not have."""

    code, exit_code, fault = "E-NOT-HERE", 44, Fault.USER
    what = "{name} is not on this device"
    safe = "nothing was changed"
    todo = "see lowband courses, or run lowband sync"


class CarrierError(LowbandError):
    """A way that bytes travel failed; worth another try, or another depot."""

    code, exit_code, fault, retry = "E-CARRIER", 50, Fault.CARRIER, True
    what = "{depot} failed: {detail}"
    safe = "every byte that arrived is kept"
    todo = "run lowband sync again to go on from there"


class UnreachableError(CarrierError):
    """No answer."""

    code, exit_code = "E-UNREACHABLE", 51
    what = "{depot} cannot be reached: {detail}"


class CutError(CarrierError):
    """The line dropped in the middle."""

    code, exit_code = "E-CUT", 52
    what = "the line to {depot} was cut: {detail}"


class RefusedError(CarrierError):
    """The other side answered with a refusal."""

    code, exit_code = "E-REFUSED", 53
    what = "{depot} refused: {detail}"


class DeniedError(RefusedError):
    """Refused in a way that another try does not change: read-only, forbidden, a server that cannot do it."""

    code, exit_code, retry = "E-DENIED", 56, False
    todo = "use another depot, or ask whoever keeps this one"


class MissingError(CarrierError):
    """The depot answers, but lacks a file it should have."""

    code, exit_code, retry = "E-MISSING", 54, False
    what = "{depot} lacks {name}"
    todo = "use another depot, or ask whoever keeps this one to copy it again"


class UnchangedError(CarrierError):
    """Not a failure: the depot says that its head is the one that is known."""

    code, exit_code, fault, retry = "E-UNCHANGED", 57, Fault.NOBODY, False
    what = "{depot} has nothing new"
    todo = "there is nothing to do"


class SlowError(CarrierError):
    """Slower than the least useful rate, while others may serve."""

    code, exit_code = "E-SLOW", 55
    what = "{depot} is too slow: {detail}"


class SourceError(LowbandError):
    """A folder or file that cannot be published as it is."""

    code, exit_code, fault = "E-SOURCE", 60, Fault.USER
    what = "{name} cannot be published: {detail}"
    safe = "no edition was made"
    todo = "mend it and publish again"


class NoKeyError(LowbandError):
    """Something is to be signed, and the key for it is not at hand."""

    code, exit_code, fault = "E-KEY", 61, Fault.USER
    what = "the {role} key is not in {folder}"
    safe = "nothing was signed or written"
    todo = "bring the key's file there, or name its folder with --keys-from"


class PassphraseError(NoKeyError):
    """The passphrase does not open a key's file."""

    code, exit_code = "E-PASSPHRASE", 62
    what = "the passphrase does not open {name}"
    todo = "try again with the passphrase that was given when the key was made"


class OldDepotError(LowbandError):
    """The depot is older than what these keys have published: signing on top of it would lead devices astray."""

    code, exit_code, fault = "E-OLD-DEPOT", 63, Fault.USER
    what = "the depot {name} holds head {offered}, but these keys have published {seen}"
    safe = "nothing was signed or written"
    todo = "copy the newest depot back, or go on above the lost numbers: lowband catalogue refresh --go-on"


class BudgetSpent(LowbandError):
    """The byte budget is used up; the rest comes next time."""

    code, exit_code, fault, retry = "E-BUDGET", 70, Fault.NOBODY, True
    what = "the budget is spent; {left} are left"
    safe = "every byte that arrived is kept"
    todo = "run lowband sync again to go on"


class DemoError(LowbandError):
    """A command that the demo ran has failed."""

    code, exit_code, fault = "E-DEMO", 71, Fault.NOBODY
    what = "the demo ended at {command}: {detail}"
    safe = "your own courses, keys and settings were not touched"
    todo = "mend that, then run lowband demo again"
