"""Events and the labels known by a date in, a bundle of trained detectors out."""

from ghostnote.training.train import train

__all__ = ["train"]
