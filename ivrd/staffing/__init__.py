"""How many agents a load of calls needs: closed formulas, pure.

    erlang.py       Erlang B and C: callers who never hang up, and trunks without end
    patience.py     M/M/n/K+M: callers lose patience, trunks are finite (Erlang A is K without end)
    model.py        the three models by one name, with one result
    requirement.py  the fewest agents that keep service level and occupancy; shrinkage on top
    profile.py      a day's half hours, and a plan of agents for them
    recorded.py     the same from call records: half hours, handling time, patience
    workload.py     occupancy and contacts an agent over a month, position by position

No I/O and no clock. Rates are calls a second, times seconds, loads erlangs (calls at once), shares 0 to 1.
"""
