"""Attribution: who gained from artificial plays, who was used as cover, and who was hurt. Frames in, frames out."""

from ghostnote.decisions.attribution.attribute import Attribution, attribute
from ghostnote.decisions.attribution.evidence import Evidence, as_paid, paid

__all__ = ["Attribution", "Evidence", "as_paid", "attribute", "paid"]
