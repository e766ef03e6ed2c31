"""Days of pretend callers on the daemon's own exchange, thousands of times faster than life.

    callers.py    who calls, when, about what, for how long: drawn from planning/*.yaml by a seed
    recorded.py   the same from call records
    centre.py     what is simulated: a plan, the trunk's channels, who works; a flow straight into a queue
    chance.py     what is decided while a day goes on: who picks up how fast, how long a talk is
    switch.py     the pretend Asterisk: takes the core's orders, says what became of them
    agents.py     how agents spend a day: log-in, the long break, short pauses
    day.py        one day: callers, agents, clock and switch around the exchange
    tally.py      what is counted of a day, and the measures made of it
    count.py      a day's call records become its tally
    estimate.py   a measure of many days with confidence intervals; differences on the same traffic
    result.py     many days of one centre: measures of the whole, of queues, agents and half hours
    pooled.py     the same centre without skills: the bound that skills cannot beat
    app_queue.py  Asterisk's own queue on the same callers, as far as it is needed to compare
    agreement.py  one queue of equals, to be held against the formulas
    plot.py       service level over the day, as text and as SVG

Pure: no I/O and no clock; chance comes from seeds, so the same seed gives the same days.
"""
