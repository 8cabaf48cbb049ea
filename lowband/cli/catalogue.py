"""`lowband catalogue`: the keys of an institution, for people who never heard of keys.

1. Every command ends by saying what to do next; what can only be undone by a person says so before it is done.
2. A passphrase is asked for on the terminal and never taken from the command line.
3. Keys stay in files of one key each; nothing here prints a secret.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lowband.cli.console import Out
from lowband.cli.options import Json, now, open_depot
from lowband.cli.settings import home
from lowband.cli.tongue import say
from lowband.errors import UsageError

if TYPE_CHECKING:
    from lowband.packager.catalogue import Catalogue, KeyInfo
    from lowband.trust.keys import Role

app = typer.Typer(
    help="Make a catalogue, and say who may sign what in it. An expert who works alone needs `new` only.",
    no_args_is_help=True,
)
Depot = Annotated[str, typer.Argument(metavar="DEPOT", help="The depot's folder or address.", show_default=False)]
Name = Annotated[
    str, typer.Argument(metavar="PUBLISHER", help="The publisher's name, such as anna.", show_default=False)
]
KeysFrom = Annotated[
    list[Path] | None,
    typer.Option("--keys-from", help="A further folder with key files, such as a stick; may be given several times."),
]
ROLES = ("root", "registrar", "head", "publisher")
SAID_TWICE = ("New passphrase", "The same again")
SAID_SIGNS = {"root": "keys of all roles", "registrar": "publishers", "head": "the newest state"}


def add_to(root: typer.Typer) -> None:
    """Add these commands to the program."""
    root.add_typer(app, name="catalogue")


@app.command()
def new(
    depot: Depot,
    name: Annotated[str, typer.Option(help="What people call it, such as 'Ministry of Labour'.", show_default=False)],
    root_keys: Annotated[int, typer.Option(help="How many root keys to make.")] = 1,
    threshold: Annotated[int, typer.Option(help="How many of them must sign a change of keys.")] = 1,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase that seals the root and registrar keys.")
    ] = False,
    json: Json = False,
) -> None:
    """Make keys and an empty depot.

    One root key is enough to begin with. An institution takes `--root-keys 3 --threshold 2`: then one of three keys may
    be lost or stolen, and the other two replace it.

    \b
    Examples:
      lowband catalogue new /srv/depot --name 'School of Public Service'
      lowband catalogue new /srv/depot --name 'Ministry of Labour' --root-keys 3 --threshold 2
    """
    from lowband.packager.catalogue import new_catalogue
    from lowband.trust.words import words

    out = Out(json)
    secret = _new_passphrase() if passphrase else None
    _make_folder(depot)
    made = new_catalogue(
        open_depot(depot), home().keys, name, now(), root_keys=root_keys, threshold=threshold, passphrase=secret
    )
    folder = made.ring.folder
    out.line("The catalogue {name} is in {depot}.", name=name, depot=depot)
    _tell_words(out, words(made.id))
    out.line("Its keys are in {folder}. Whoever has them can publish; without them nobody can.", folder=folder)
    out.line("Next: copy that folder to a stick, and keep the stick in a safe place.")
    if root_keys > 1:
        out.line("Then move each root-*.key to a stick of its own: daily work needs none of them.")
    out.line("Then publish a course: lowband publish FOLDER --to {depot}", depot=depot)
    out.result({"catalogue": made.id.hex(), "name": name, "words": words(made.id), "keys": str(folder)})


@app.command()
def words(depot: Depot, json: Json = False) -> None:
    """Show the six words to print on the poster.

    A participant who joins sees six words too. When they are the same, nobody has slipped her another catalogue.

    \b
    Example:
      lowband catalogue words /srv/depot
    """
    from lowband.trust.words import words as six

    out, found = Out(json), _open(depot)
    out.line("{name}", name=found.name)
    _tell_words(out, six(found.id))
    out.result({"catalogue": found.id.hex(), "name": found.name, "words": six(found.id)})


@app.command()
def keys(depot: Depot, keys_from: KeysFrom = None, json: Json = False) -> None:
    """List the keys of a catalogue, what each may sign, and where its file is.

    \b
    Examples:
      lowband catalogue keys /srv/depot
      lowband catalogue keys /srv/depot --keys-from /media/safe-stick
    """
    out, found = Out(json), _open(depot, keys_from)
    infos = found.listed_keys()
    rows = [[i.role, i.name, i.public.hex()[:8], _rights(i), i.file.name if i.file else say("not here")] for i in infos]
    out.table(["Role", "Publisher", "Key", "Signs", "File"], rows)
    out.line("The files are in {folder}.", folder=found.ring.folder)
    out.line("A change of keys needs {count} of the root keys.", count=found.root.threshold)
    if found.elsewhere:
        out.line("Somebody published with these keys from another place.")
        out.line(
            "If no colleague shares them, the head key is stolen: lowband catalogue rotate {depot} head", depot=depot
        )
    _tell_flagged(out, found, depot)
    out.result(
        {
            "catalogue": found.id.hex(),
            "threshold": found.root.threshold,
            "elsewhere": found.elsewhere,
            "flagged": found.flagged(),
            "keys": [_described(i) for i in infos],
        }
    )


@app.command("new-publisher-key")
def new_publisher_key(depot: Depot, publisher: Name, json: Json = False) -> None:
    """Make a publisher's key on her own machine; only its public half leaves it.

    She sends the line that is printed to whoever keeps the registrar key, who runs `lowband catalogue delegate`.
    To publish she also needs the catalogue's head key: a copy of the file head-*.key beside her own.

    \b
    Example:
      lowband catalogue new-publisher-key https://courses.example.org/depot anna
    """
    out, found = Out(json), _open(depot)
    public = found.new_publisher_key(publisher).hex()
    out.line("The key is in {folder}.", folder=found.ring.folder)
    out.line("Next: send this line to whoever keeps the keys of {name}:", name=found.name)
    facts = {"publisher": publisher, "public": public}
    out.line("  lowband catalogue delegate DEPOT {publisher} --courses PREFIX --key {public}", **facts)
    out.result({"publisher": publisher, "key": public, "keys": str(found.ring.folder)})


@app.command()
def delegate(
    depot: Depot,
    publisher: Name,
    courses: Annotated[
        list[str],
        typer.Option(help="A course id, or the beginning of ids and a *, such as tax-*; may be given several times."),
    ],
    key: Annotated[str, typer.Option(help="Her public key (64 hex digits); without it a key is made here.")] = "",
    keys_from: KeysFrom = None,
    json: Json = False,
) -> None:
    """Let a publisher sign courses, or change which. Needs the registrar and head keys.

    \b
    Example:
      lowband catalogue delegate /srv/depot anna --courses 'tax-*'
    """
    out, found = Out(json), _open(depot, keys_from)
    public = found.delegate(publisher, _public(key) if key else None, courses, now())
    out.line("{publisher} may now publish {courses}.", publisher=publisher, courses=", ".join(courses))
    if found.ring.path_of("publisher", public):
        out.line("Her key is in {folder}.", folder=found.ring.folder)
    else:
        out.line("To publish she also needs a copy of the file head-*.key from {folder}.", folder=found.ring.folder)
    _tell_flagged(out, found, depot)
    out.result({"publisher": publisher, "key": public.hex(), "courses": courses, "flagged": found.flagged()})


@app.command()
def revoke(depot: Depot, publisher: Name, keys_from: KeysFrom = None, json: Json = False) -> None:
    """Take back a publisher's key, because it is lost or stolen or she has left. Needs the registrar and head keys.

    Devices keep her courses as they are and take nothing new that this key signs, whatever its date.

    \b
    Example:
      lowband catalogue revoke /srv/depot anna
    """
    out, found = Out(json), _open(depot, keys_from)
    found.revoke(publisher, now())
    out.line("{publisher} can publish no more.", publisher=publisher)
    _tell_flagged(out, found, depot)
    out.result({"publisher": publisher, "flagged": found.flagged()})


@app.command("sign-again")
def sign_again(
    depot: Depot,
    courses: Annotated[list[str], typer.Argument(metavar="COURSE...", help="The courses, by id.", show_default=False)],
    publisher: Annotated[str, typer.Option("--as", help="Which publisher signs, when several could.")] = "",
    keys_from: KeysFrom = None,
    json: Json = False,
) -> None:
    """Sign the newest edition of courses whose publisher was revoked. Look at their content first: you vouch for it.

    \b
    Example:
      lowband catalogue sign-again /srv/depot tax-basics
    """
    out, found = Out(json), _open(depot, keys_from)
    found.sign_again(courses, now(), publisher or None)
    out.line("Signed again: {courses}.", courses=", ".join(courses))
    _tell_flagged(out, found, depot)
    out.result({"courses": courses, "flagged": found.flagged()})


@app.command()
def rotate(
    depot: Depot,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="root, registrar, head or publisher.", show_default=False)
    ],
    publisher: Annotated[str, typer.Option(help="Which publisher.")] = "main",
    lost: Annotated[
        str, typer.Option(help="The one root key to replace (64 hex digits); all of them without it.")
    ] = "",
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Seal the new root or registrar key.")] = False,
    keys_from: KeysFrom = None,
    json: Json = False,
) -> None:
    """Replace a key by a new one: once in some years, or at once when it is lost or stolen.

    root, registrar and head need a threshold of the root keys; publisher needs the registrar key. Devices follow by
    themselves with their next sync. A stolen publisher key is revoked instead (lowband catalogue revoke).

    \b
    Examples:
      lowband catalogue rotate /srv/depot head
      lowband catalogue rotate /srv/depot publisher --publisher anna
    """
    out, found = Out(json), _open(depot, keys_from)
    which = _role(role)
    secret = _new_passphrase() if passphrase and which in ("root", "registrar") else None
    found.rotate(which, now(), publisher=publisher, lost=_public(lost) if lost else None, passphrase=secret)
    out.line("The {role} key is new; devices follow with their next sync.", role=which)
    out.line("Next: copy {folder} to the safe place again.", folder=found.ring.folder)
    out.result({"role": which, "root": found.root.version, "epoch": found.root.epoch, "keys": str(found.ring.folder)})


@app.command()
def refresh(
    depot: Depot,
    go_on: Annotated[
        bool, typer.Option("--go-on", help="The newest copy of the depot is lost: continue above its numbers.")
    ] = False,
    keys_from: KeysFrom = None,
    json: Json = False,
) -> None:
    """Sign today's date, so that devices see that nothing is withheld from them. Needs the head key; run it daily.

    \b
    Example:
      lowband catalogue refresh /srv/depot
    """
    out, found = Out(json), _open(depot, keys_from, go_on=go_on)
    head = found.refresh_head(now())
    out.line("{name} is confirmed as of now; devices show a dated banner after {days} days.", **_facts(found))
    out.result({"epoch": head.epoch, "seq": head.seq, "issued": head.issued, "valid_days": head.valid_days})


def _facts(found: Catalogue) -> dict[str, object]:
    return {"name": found.name, "days": found.head.valid_days}


def _open(depot: str, keys_from: list[Path] | None = None, go_on: bool = False) -> Catalogue:
    from lowband.packager.catalogue import open_catalogue

    return open_catalogue(open_depot(depot), home().keys, more=keys_from or (), ask=ask, go_on=go_on)


def _make_folder(depot: str) -> None:
    if "://" in depot:
        return
    try:
        Path(depot).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(detail=f"{depot}: {error.strerror}") from error


def ask(file: str) -> str | None:
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt(say("Passphrase of {file}", file=file), hide_input=True, err=True))


def _new_passphrase() -> str:
    if not sys.stdin.isatty():
        raise UsageError(detail=say("a passphrase is asked for on a terminal only"))
    first, again = (str(typer.prompt(say(x), hide_input=True, err=True)) for x in SAID_TWICE)
    if first != again:
        raise UsageError(detail=say("the two passphrases differ"))
    return first


def _role(value: str) -> Role:
    from lowband.trust.keys import ROLES as KNOWN

    found = next((role for role in KNOWN if role == value), None)
    if found is None:
        raise UsageError(detail=f"{value!r}: {', '.join(ROLES)}")
    return found


def _public(value: str) -> bytes:
    try:
        found = bytes.fromhex(value)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise UsageError(detail=f"{value!r}: 64 hex digits")
    return found


def _rights(info: KeyInfo) -> str:
    return say("nothing: revoked") if info.revoked else ", ".join(info.scopes) or say(SAID_SIGNS[info.role])


def _described(info: KeyInfo) -> dict[str, object]:
    file = str(info.file) if info.file else None
    base = {"role": info.role, "publisher": info.name, "key": info.public.hex(), "file": file}
    return {**base, "courses": list(info.scopes), "revoked": info.revoked}


def _tell_words(out: Out, six: str) -> None:
    out.line("Six words to print on the poster; whoever joins compares them:")
    out.line("    {words}", words=six)


def _tell_flagged(out: Out, found: Catalogue, depot: str) -> None:
    if courses := found.flagged():
        names = " ".join(courses)
        out.line("Signed by a revoked key, so devices take nothing new of: {courses}", courses=names)
        out.line("Next: look at them, then lowband catalogue sign-again {depot} {courses}", depot=depot, courses=names)
