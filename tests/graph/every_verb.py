"""A flow and a sub-flow in which every verb stands, with long names, conditions and ways back."""

from __future__ import annotations

from ivrd.core.ivr.flow import Flow
from tests.core.playbook import flow

TEXT = """
start: language
nodes:
  language: {language: {set: id, then: first}}
  first: {set: {to: {n: "0", kind: "'company with a long name'"}, then: greeting}}
  greeting: {play: {say: [welcome], then: hours}}
  hours: {hours: {open: a-menu-with-a-rather-long-name, closed: closed, holiday: closed, pause: away, closure: closed}}
  closed: {play: {say: [":closed-reason", ":next-opening", goodbye], then: message, barge_in: false}}
  message: {voicemail: {box: umum, then: end, otherwise: end, max_s: 60}}
  away: {goto: {node: end}}
  a-menu-with-a-rather-long-name:
    menu:
      say: [menu-main]
      keys: {1: sub, 2: busy, 3: dial, 4: transfer, 5: call-back, 6: spoken, 7: record-off, 9: ":repeat", "*": ":back", "#": greeting}
      otherwise: a-queue-with-a-long-name
      silence: [[no-input], [no-input, invalid-key]]
  sub: {run: {flow: ask, give: {tries: vars.n + 1}, into: {nib: number}, then: look-up}}
  look-up:
    http: {service: oss, get: /licences, send: {nib: nib}, timeout_s: 3, save: {status: /data/status}, then: which, on_failure: a-queue-with-a-long-name}
  which:
    branch:
      cases:
        - {when: 'vars.n > 3 && caller.vip && queues["kbli"].expected_wait_s > 600', then: spoken}
        - {when: caller.vip, then: a-queue-with-a-long-name}
        - {when: 'vars.kind == "<b>x</b>"', then: a-menu-with-a-rather-long-name}
      otherwise: confirm
  confirm: {confirm: {parts: [{prompt: your-number}, {digits: vars.kind}], right: spoken, wrong: sub, otherwise: a-queue-with-a-long-name}}
  spoken: {say: {parts: [{prompt: welcome}, {number: vars.n}, {text: "'Halo, ' + vars.kind"}], then: noted}}
  noted: {tag: {add: perizinan.tambah-bidang-usaha-dan-lainnya, then: a-queue-with-a-long-name}}
  busy: {branch: {cases: [{when: 'queues["kbli"].waiting > 10', then: call-back}], otherwise: a-queue-with-a-long-name}}
  dial: {dial: {extension: "101", timeout_s: 20, then: survey, busy: message, no_answer: a-queue-with-a-long-name, failed: message}}
  transfer: {transfer: {extension: "102", failed: dial}}
  call-back: {callback: {queue: kbli, then: end, otherwise: a-menu-with-a-rather-long-name}}
  record-off: {record: {on: false, then: a-queue-with-a-long-name}}
  a-queue-with-a-long-name:
    queue: {to: kbli, overflow: call-back, full: message, nobody: message, after: survey, skills: [lkpm], priority: 5}
  survey: {survey: {ask: nps, say: [survey-nps], then: end}}
  end: {hangup: {why: completed, cause: normal}}
"""
ASK = """
arguments: {tries: int}
returns: {number: string}
start: ask
nodes:
  ask: {collect: {say: [ask-nib], into: nib, check: nib, max: 13, then: back, otherwise: none}}
  back: {return: {values: {number: vars.nib}}}
  none: {return: {values: {number: "''"}}}
"""


def every_verb() -> Flow:
    return flow(TEXT, parts={"ask": ASK})
