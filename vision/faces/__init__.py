"""Faces: find, align, judge, embed, look for life, know again."""
