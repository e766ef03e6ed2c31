"""The pure core: events in, commands out. No asyncio, sockets, clock, random, logging or files.

In and out:
    exchange.py   the only way in: Exchange.handle(event) -> commands
    events.py     facts, past tense, stamped ``at`` once by the shell
    commands.py   orders, imperative: what the shell is to do
    views.py      what walls and reports are told; board.py: of agents and queues; lamps.py: of desk phones' keys
    cdr.py        one row a call; record.py: when it is written, and of what recording
    decisions.py  notes of each decision, for ``ivrd why``
What there is:
    state.py      all that a restart must restore, as plain dataclasses; timers.py: its deadlines; moments.py: the clock was set
    plan.py       what the admin decided: queues, agents, hours, flows (guard_rules.py, recording_rules.py)
    desk.py       what every part works at while one event is handled: state, plan, orders
    ids.py        channel, bridge and prompt ids: all carry the call's id
    speech.py     what a caller is told, before it becomes audio; numbers.py: patterns of telephone numbers
    calendar.py   open or closed, and why; surroundings.py: what dialplans may know of the world
A call:
    calls.py      its life as a table, one row a stage
    guards.py     who is not let into the menus, by number; admission.py: while there is a channel; voices.py: is anybody there
    menus.py      what the interpreter asks for becomes orders; speaking.py: one prompt at a time, with a deadline
    queueing.py   joining and leaving a queue; overflow.py: whom it does not keep; announcing.py: what is heard while waiting
    outlook.py    place and expected wait; relaxing.py: asking for less with time; acquaintance.py: the agent a caller knows
    offers.py     phones that ring; misses.py: and are not answered
    talking.py    the conversation; pausing.py: its recording; wrapup.py: its end; passing.py, consulting.py: given to others
    dialling.py   somebody whom the flow called; dialout.py: what may be dialled; voicemails.py: messages
    callbacks.py  who wants to be called back; promises.py: and stands in line; returning.py: is rung; keeping.py: the agent for it
    ending.py     the end, and taking it down
    reconcile.py  what Asterisk really holds, against what we remember; meanwhile.py: when it ended, of what ended unseen
    refusals.py   orders that Asterisk refused
Agents:
    wishes.py     what an agent asks for, from wherever: features.py (dialled codes), pins.py, shifts.py
    attendance.py what follows from agents who moved; pauses.py, rests.py, contacts.py (of other channels), alerts.py
    phones.py     their phones, as Asterisk sees them
And:
    acd/          who is offered which call
    ivr/          what a caller hears and presses
"""
