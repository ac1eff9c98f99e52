"""Themes: their files, their colours, and the choice of one."""
