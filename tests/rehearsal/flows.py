"""A flow that asks the outside for everything it can ask for, one thing after the other."""

from __future__ import annotations

PIN = """
start: ask
variables: {count: int, status: string}
nodes:
  ask: {collect: {say: [ask], into: pin, masked: true, check: luhn, min: 4, max: 11, then: fetch, otherwise: end}}
  fetch:
    http: {service: oss, get: /l, send: {pin: pin}, timeout_s: 3, save: {status: /s, count: /c}, then: weigh, on_failure: end}
  weigh:
    branch: {cases: [{when: vars.count > 2 && language == 'id', then: call}, {when: 'queues["help"].ready > 0', then: end}], otherwise: end}
  call: {dial: {extension: "101", then: leave, busy: leave, no_answer: leave, failed: leave}}
  leave: {voicemail: {box: umum, then: end, otherwise: end}}
  end: {hangup: {}}
"""
#: a luhn number
SECRET = "79927398713"
SUB = """
start: one
returns: {nib: string}
nodes:
  one: {collect: {say: [ask], into: nib, then: back, otherwise: none}}
  none: {set: {to: {nib: "''"}, then: back}}
  back: {return: {values: {nib: vars.nib}}}
"""
RUNS = """
start: first
nodes:
  first: {run: {flow: sub, into: {nib: nib}, then: weigh}}
  weigh: {branch: {cases: [{when: vars.nib == '12', then: q}], otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {why: overflow}}
"""
