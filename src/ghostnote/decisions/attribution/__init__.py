"""Attribution: who gained from artificial plays, who was used as cover, and who was hurt. Frames in, frames out."""

from ghostnote.decisions.attribution.attribute import Attribution, attribute
from ghostnote.decisions.attribution.evidence import Evidence, paid

__all__ = ["Attribution", "Evidence", "attribute", "paid"]
