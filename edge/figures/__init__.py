"""Figures for managers (服务质量监测): pure functions over the log's events, and their files."""
