"""The YAML files an admin writes, read and checked.

    yamltext.py   YAML 1.2 to plain data, remembering line and column of every key
    site.py       what config/*.yaml may say: every key with its default and its unit
    load.py       reads a config directory; all faults at once, each with file:line:column; bounds.py: numbers that make no sense
    routing.py    skills, queues and agents held against each other; floor.py: what is said of agents; named.py: prompts
    secure.py     what would leave a password, or a call, where strangers reach it; trust.py: TLS to Asterisk, and to the broker
    flows.py      reads a dialplan; parts.py: and the sub-flows it runs; expressions.py: their expressions, in cel.py's language
    flowtests.py  reads a dialplan's tests
    planning.py   what planners write (planning/); load_planning.py reads it
    schema.py     JSON Schemas of all of them; reference.py: the reference of the dialplan language; words.py: for admins
    secrets.py    generated passwords, kept out of the repository; rotation.py: new ones for old; storeurl.py: the store's
"""
