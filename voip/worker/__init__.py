"""A worker process: one PJSIP endpoint, one thread, nothing worth keeping.

The only package that imports pjsua2. Every PJSIP call is made on the main
thread (pjsua2 aborts the process otherwise), and anything unexpected in a
callback ends the process: the engine starts another.
"""
