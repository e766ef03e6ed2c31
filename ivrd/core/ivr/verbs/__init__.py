"""The verbs of the dialplan language, one small file each.

    play      say something and go on
    menu      let the caller choose by a key
    language  speak another language from here on
    hours     branch on the calendar
    tag       note a category code for the reports
    queue     hand the caller to agents
    set       give variables values
    branch    go on by conditions
    goto      go on elsewhere
    say       numbers, dates, money and texts, put together
    collect   let the caller type a number
    confirm   read back, and ask whether it is right
    run       walk a sub-flow, then go on          return  end a sub-flow
    hangup    end the call
    callback  offer to call back, and take the number
    http      ask a service while the caller waits
    record    say whether the conversation is recorded
    dial      call somebody and connect the two     transfer  give the caller away for good
    voicemail let the caller leave a message
    survey    ask one question of satisfaction

To add a verb: write its file, add it to VERBS, and give it a test in tests/core/ivr/.
"""

from __future__ import annotations

from ivrd.core.ivr.verbs.back import Return
from ivrd.core.ivr.verbs.branch import Branch
from ivrd.core.ivr.verbs.callback import Callback
from ivrd.core.ivr.verbs.collect import Collect
from ivrd.core.ivr.verbs.confirm import Confirm
from ivrd.core.ivr.verbs.dial import Dial, Transfer
from ivrd.core.ivr.verbs.goto import Goto
from ivrd.core.ivr.verbs.hangup import Hangup
from ivrd.core.ivr.verbs.hours import Hours
from ivrd.core.ivr.verbs.http import Http
from ivrd.core.ivr.verbs.language import Language
from ivrd.core.ivr.verbs.menu import Menu
from ivrd.core.ivr.verbs.play import Play
from ivrd.core.ivr.verbs.queue import Queue
from ivrd.core.ivr.verbs.record import Record
from ivrd.core.ivr.verbs.run import Run
from ivrd.core.ivr.verbs.say import SayParts
from ivrd.core.ivr.verbs.set import Set
from ivrd.core.ivr.verbs.survey import Survey
from ivrd.core.ivr.verbs.tag import Tag
from ivrd.core.ivr.verbs.voicemail import Voicemail

AnyVerb = (
    Play | Menu | Language | Hours | Tag | Queue | Hangup | Http | Record | Survey
    | Callback | Voicemail | Dial | Transfer
    | Set | Branch | Goto | Run | Return | SayParts | Collect | Confirm
)  # fmt: skip

VERBS: dict[str, type[AnyVerb]] = {
    verb.verb: verb
    for verb in (
        Play, Menu, Language, Hours, Tag, Queue, Hangup, Http, Record, Survey,
        Callback, Voicemail, Dial, Transfer,
        Set, Branch, Goto, Run, Return, SayParts, Collect, Confirm,
    )
}  # fmt: skip
"""The key that stands in a node -> what it becomes."""
