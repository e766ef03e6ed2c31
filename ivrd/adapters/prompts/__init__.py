"""Prompts: from what the core wants said to files that Asterisk plays.

catalogue.py   prompts/catalogue.yaml: keys and their texts, checked
spoken.py      numbers, times and dates as recorded parts; one grammar file a language (pure)
grammar_id.py  grammar_en.py  numerals.py
speaker.py    texts that are known only while a call is on
library.py     the daemon's side: speech -> files
build.py       the admin's side: texts and studio recordings -> prompts/build/
sources.py     where the audio of one prompt comes from, and its fingerprint
studio.py      recordings: fit to be built from, and of the present text?
sheet.py       what a speaker must record
quality.py     measures what was built
audio.py       telephone audio of even loudness; its arithmetic is in levels.py (pure)
"""
