"""Fuzzing of readers of text from the network, a file or a user.

`targets` holds one function for each reader, which takes bytes and asserts
what must hold for any bytes. `test_targets` runs each briefly with Hypothesis
in every check; atheris runs one for a given time, guided by the code's
coverage:

    pip install -e '.[test,fuzz]'
    python -m tests.fuzz.run masking --seconds 600

`worker` sends mutated SIP messages to a real engine and worker over TLS:

    python -m tests.fuzz.worker --seed 1 --count 20000
"""
