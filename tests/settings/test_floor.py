"""What is said of agents is checked when it is read: reasons, shifts, misses, rest and capacity."""

from __future__ import annotations

import pytest

from ivrd.settings.load import load

from .sites import Site

SHIFT = 'shifts: {pagi: {week: {mon: ["08:00-16:00"]}, breaks: {istirahat: ["11:00-12:00"]}}}'


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("ivrd.yaml", 'istirahat: {code: "1"', 'istirahat: {code: "a"', "'a' is not a code"),
        ("ivrd.yaml", 'salat: {code: "2"', 'salat: {code: "1"', "*131 is dialled for pause reason istirahat already"),
        ("ivrd.yaml", 'salat: {code: "2"', '"sa lat": {code: "2"', "'sa lat' cannot be the name of a reason"),
        ("ivrd.yaml", 'max_s: 1200,', 'max_s: -1,', "acd.pause_reasons.salat.max_s must be at least 0, not -1"),
        ("ivrd.yaml", "misses: {} ", "misses: {busy: {pause_after: -2}} ", "acd.misses.busy.pause_after must be at least 0, not -2"),
        ("ivrd.yaml", "misses: {} ", "misses: {tired: {}} ", "acd.misses.tired must be 'no_answer', 'rejected', 'busy', 'forwarded', 'unreachable' or 'unregistered'"),
        ("ivrd.yaml", "cap_percent: 0", "cap_percent: 101", "acd.occupancy.cap_percent must be between 0 and 100, not 101"),
        ("ivrd.yaml", "weights: {voice: 1.0}", "weights: {voice: -1.0}", "acd.weights.voice must be at least 0"),
        ("ivrd.yaml", "shifts: {} ", 'shifts: {pagi: {week: {mon: ["8-16"]}}} ', "'8-16' is not a range of hours"),
        ("ivrd.yaml", "shifts: {} ", "shifts: {pagi: {week: {}}} ", "shift 'pagi' is never worked: every day is empty"),
        ("ivrd.yaml", "shifts: {} ", SHIFT.replace("istirahat", "istirahta"), "'istirahta' is no pause reason"),
        ("agents.yaml", "name: Adi Nugroho,", "name: Adi Nugroho, shift: pagi,", "there is no shift 'pagi'"),
        ("agents.yaml", "name: Adi Nugroho,", "name: Adi Nugroho, capacity: -1,", "capacity must be at least 0"),
        ("queues.yaml", "wrap_up_s: 20", "wrap_up_s: 20\n    wrap_up_max_s: 10", "wrap_up_max_s (10) is less than wrap_up_s (20)"),
        ("queues.yaml", "wrap_up_s: 20", 'extension: "8 01"', "'8 01' cannot be dialled"),
        ("queues.yaml", "wrap_up_s: 20", 'extension: "101"', "101 is the extension of agent '101' already"),
        ("queues.yaml", "wrap_up_s: 20", 'extension: "*131"', "*131 is dialled for pause reason istirahat already"),
        ("queues.yaml", "wrap_up_s: 20", 'extension: "*12"', "*12 is dialled for log_out already"),
        ("queues.yaml", "wrap_up_s: 20", 'extension: "810"', "nobody can give a caller to it: transfers are off"),
        ("queues.yaml", "wrap_up_s: 20", "wrap_up_extend_s: 0", "wrap_up_extend_s must be at least 1, not 0"),
    ],
)  # fmt: skip
def test_each_fault_is_told_where_it_is(site: Site, file: str, before: str, after: str, message: str) -> None:
    site.edit(file, before, after)
    (fault,) = site.faults()
    assert message in fault.message
    assert fault.file.endswith(file)
    assert fault.line > 1, fault


def test_who_works_a_shift_is_told_what_they_may_have_meant(site: Site) -> None:
    site.edit("ivrd.yaml", "shifts: {} ", SHIFT + " ")
    site.edit("agents.yaml", "name: Adi Nugroho,", "name: Adi Nugroho, shift: paggi,")
    (fault,) = site.faults()
    assert fault.hint == "did you mean 'pagi'?"
    site.edit("agents.yaml", "shift: paggi", "shift: pagi")
    assert load(site.root / "config").agents["101"].shift == "pagi"


def test_two_queues_cannot_have_one_extension(site: Site) -> None:
    site.edit("ivrd.yaml", "transfers: false", "transfers: true")
    site.edit("queues.yaml", "title: LKPM", 'title: LKPM\n    extension: "801"')
    assert site.faults() == []
    site.edit("queues.yaml", "wrap_up_s: 20", 'extension: "801"')
    (fault,) = site.faults()
    assert fault.message == "801 is the extension of queue 'lkpm' already"


def test_a_queues_extension_is_no_number_outside(site: Site) -> None:
    site.edit("ivrd.yaml", "transfers: false", "transfers: true")
    site.edit("ivrd.yaml", '    # outbound: ', '    outbound: {allow: ["8XX"], server: 203.0.113.7}\n    # outbound: ')
    site.edit("queues.yaml", "wrap_up_s: 20", 'extension: "801"')
    (fault,) = site.faults()
    assert "801 is a number outside, too" in fault.message
