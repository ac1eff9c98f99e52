"""The making of Offhook's own pjsua2: source, configuration, patches, build.

Runs before anything is installed, so everything here uses the standard
library alone.
"""
