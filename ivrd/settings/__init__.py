"""The YAML files an admin writes, read and checked.

    yamltext.py   YAML 1.2 to plain data, remembering line and column of every key
    site.py       what config/*.yaml may say: every key with its default and its unit
    load.py       reads a config directory; all faults at once, each with file:line:column
    routing.py    skills, queues and agents held against each other
    flows.py      reads a dialplan and the sub-flows it runs
    schema.py     JSON Schemas of all of them; reference.py: the reference of the dialplan language
    secrets.py    generated passwords, kept out of the repository
"""
