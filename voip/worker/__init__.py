"""Worker process: one PJSIP endpoint, one thread, no lasting state.

No other package imports pjsua2. Every PJSIP call is made on the main thread:
pjsua2 aborts the process otherwise. An unexpected error in a callback ends the
process, and the engine starts another.
"""
