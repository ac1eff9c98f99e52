"""Build of Offhook's own pjsua2: source, configuration, patches.

Uses the standard library alone, as it runs before anything is installed.
"""
