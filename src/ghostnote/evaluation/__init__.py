"""Metrics and splits: arrays in, numbers out."""
