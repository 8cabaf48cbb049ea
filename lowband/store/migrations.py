"""The store's shape, step by step: a change and its record in one transaction.

1. A step, once released, never changes; a new shape is a new step.
2. Content hangs on numbers local to this store; what travels is named by hash.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

steps = Migrations("lowband")

_FIRST = """
CREATE TABLE catalogue (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, root BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    head BLOB, state BLOB, delegations BLOB, proof BLOB, checked INTEGER NOT NULL);
CREATE TABLE depot (
    catalogue BLOB NOT NULL REFERENCES catalogue(id), address TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '',
    tag TEXT NOT NULL DEFAULT '', head BLOB,
    PRIMARY KEY (catalogue, address));
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE course (
    id INTEGER PRIMARY KEY, catalogue BLOB NOT NULL REFERENCES catalogue(id), name TEXT NOT NULL,
    record BLOB, have TEXT NOT NULL DEFAULT '', flag TEXT NOT NULL DEFAULT '', UNIQUE (catalogue, name));
CREATE TABLE blob (id INTEGER PRIMARY KEY, sha BLOB UNIQUE, size INTEGER NOT NULL);
CREATE TABLE piece (
    id INTEGER PRIMARY KEY, blob INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL, kept BLOB NOT NULL,
    UNIQUE (blob, start));
CREATE TABLE layer (
    course INTEGER NOT NULL, name TEXT NOT NULL, edition INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (course, name));
CREATE TABLE entry (
    course INTEGER NOT NULL, layer TEXT NOT NULL, path TEXT NOT NULL, blob INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (course, layer, path)) WITHOUT ROWID;
CREATE INDEX entry_blob ON entry (blob);
CREATE TABLE fetch (
    id INTEGER PRIMARY KEY, course INTEGER NOT NULL UNIQUE, base INTEGER NOT NULL, edition INTEGER NOT NULL,
    name BLOB NOT NULL, length INTEGER NOT NULL, first BLOB NOT NULL, layers TEXT NOT NULL, have TEXT NOT NULL);
CREATE TABLE fetch_part (
    fetch INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (fetch, number));
CREATE TABLE fetch_group (fetch INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (fetch, number)) WITHOUT ROWID;
CREATE TABLE fetch_piece (
    fetch INTEGER NOT NULL, layer INTEGER NOT NULL, number INTEGER NOT NULL, blob INTEGER NOT NULL,
    start INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (fetch, layer, number)) WITHOUT ROWID;
CREATE TABLE fetch_change (
    fetch INTEGER NOT NULL, layer TEXT NOT NULL, path TEXT NOT NULL, blob INTEGER, size INTEGER NOT NULL,
    arrived INTEGER NOT NULL, PRIMARY KEY (fetch, layer, path)) WITHOUT ROWID;
CREATE INDEX fetch_change_blob ON fetch_change (blob);
CREATE TABLE spool (id INTEGER PRIMARY KEY, fetch INTEGER NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE indexed (course INTEGER NOT NULL, layer TEXT NOT NULL, path TEXT NOT NULL, blob INTEGER NOT NULL,
    line INTEGER NOT NULL, PRIMARY KEY (course, layer, path)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    title, body, course UNINDEXED, layer UNINDEXED, path UNINDEXED, tokenize = "unicode61 remove_diacritics 2");
"""


@steps()
def first(db: Database) -> None:
    """Catalogues, courses, content, what is on its way, words."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


def migrate(conn: sqlite3.Connection, schema: int) -> None:
    """Bring the store behind `conn` to the newest schema. `conn` stays open."""
    # Plugins of sqlite-utils must not run inside a participant's store.
    steps.apply(Database(conn, execute_plugins=False))
    conn.execute(f"PRAGMA user_version={schema}")
