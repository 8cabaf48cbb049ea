"""Reading a course folder: any folder becomes a course, with or without a word of metadata."""

from lowband.packager.scan.source import Source, SourceFile, StructureEntry, scan
from lowband.packager.scan.walk import LeftOut

__all__ = ["LeftOut", "Source", "SourceFile", "StructureEntry", "scan"]
