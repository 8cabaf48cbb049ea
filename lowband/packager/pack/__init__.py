"""Makes bundles: groups in learning order, each leaning on what the device has that is most alike."""

from lowband.packager.pack.content import DOCUMENT, MEDIA, STRUCTURE, TEXT, Content, Item, Made, Read
from lowband.packager.pack.likeness import Likeness
from lowband.packager.pack.write import pack_bundle

__all__ = ["DOCUMENT", "MEDIA", "STRUCTURE", "TEXT", "Content", "Item", "Likeness", "Made", "Read", "pack_bundle"]
