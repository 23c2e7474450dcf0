"""Readers of foreign formats, each turning files into a lake."""
