"""The pure core: events in, commands out. No asyncio, sockets, clock, random, logging or files.

    events.py     facts, past tense, stamped ``at`` once by the shell
    commands.py   orders, imperative: what the shell is to do
    speech.py     what a caller is told, before it becomes audio
    ids.py        channel, bridge and prompt ids: all carry the call's id
    plan.py       what the admin decided: queues, agents, hours, flows
    state.py      all that a restart must restore, as plain dataclasses
    exchange.py   the only way in: Exchange.handle(event) -> commands
    calls.py      a call's life as a table, one row a stage
    guards.py     who is not let into the menus, by number
    features.py   log-in, pause and so on, dialled on the agent's phone
    reconcile.py  what Asterisk really holds, against what we remember
    meanwhile.py  when it ended, of what ended while nobody listened
    views.py      what walls and reports are told
    cdr.py        one row a call
    calendar.py   open or closed, and why
    timers.py     deadlines, kept in the state
    acd/          who is offered which call
    ivr/          what a caller hears and presses
"""
