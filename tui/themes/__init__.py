"""Themes: files, colours, and the choice of one."""
