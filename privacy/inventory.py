"""Every column there is: what kind of data it holds, and for what.

The allow-list of PIPL art. 6 (only what the purpose needs): a column that is not here
fails a test, and whoever adds one says here what it is for. Kinds:

- ``personal``: says something of a person who can be told by it or beside it;
- ``pseudonym``: of a person who can be told only through another table or a key;
- ``none``: of nobody.

What is erased, and when, stands in privacy/rules/periods.py and docs/privacy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("personal", "pseudonym", "none")


@dataclass(frozen=True)
class Column:
    """What one column holds."""

    kind: str
    purpose: str


_TEXT = """
account
  id             pseudonym  whose act it was, in other tables
  username       personal   signing in
  display_name   personal   naming who did something
  password_hash  pseudonym  signing in; argon2id
  created_at     none       since when
  disabled_at    none       shut accounts are let in no more
  failures       pseudonym  waiting after wrong passwords
  failed_at      pseudonym  how long to wait
  password_set_at  none     when it is to be changed
  totp_nonce     pseudonym  with the server's key, the authenticator's secret
  totp_step      none       each code counts once
answer
  sitting_id     pseudonym  whose sheet
  generation     none       which sheet
  q              none       which question
  seq            none       which value is newer
  value          personal   scoring, and counting again
  at_ms          pseudonym  hints about rapid answering
  received_at    pseudonym  whether it came in time
audit_entry
  n              none       the order of acts
  at             pseudonym  when
  actor          pseudonym  whose act: a number
  action         none       what was done
  object         pseudonym  to what: a number
  facts          none       counts and digests, never a name
  payload_hash   pseudonym  binds the personal part without holding it
  algorithm      none       how it was hashed
  hash           none       the chain
  rows           pseudonym  keyed digests of the rows that were written
  seal           none       the server's own
audit_payload
  id             none       names the row
  n              none       the entry it belongs to
  salt           none       keeps the digest from being guessed
  payload        personal   reasons and names of an act, until they are erased
away
  sitting_id     pseudonym  whose paper was left
  number         none       so that one absence is kept once
  duration_ms    pseudonym  a hint for the hall
  received_at    pseudonym  when it was told
bank_import
  id             none       names the row
  at             none       when
  actor          pseudonym  whose act
  filename       none       the file, as it was named
  sha256         none       is it the same file
  total          none       how many questions it held
  added          none       how many were new
  known          none       how many were known
  repeated       none       how many stood in it twice
  bad            none       how many could not be taken
  topics         none       topics that were made for it
  undone_at      none       when it was taken back
  undone_by      pseudonym  whose act
blueprint_row
  id             none       names the row
  exam_id        none       whose blueprint
  position       none       order on the paper
  kind           none       of question
  topic_id       none       of question
  topic_called   none       what the topic was called then
  difficulty     none       of question
  parts          none       of a case
  count          none       how many
  points         none       of each
candidate
  id             pseudonym  names the row
  exam_id        none       which exam
  person_id      pseudonym  whom
  unit_id        none       the unit that is reported
  unit_name      none       as it was called then
  category       none       of the unit then
  level          none       of the unit then
  rank           personal   groups of the report
  name           personal   finding who sits, and the unit's own list
  tail_digest    pseudonym  finding who sits; keyed
  staff_digest   pseudonym  finding who sits; keyed
  exempt_reason  personal   why somebody is not due
  walk_in        none       counted apart
  room           personal   where time is given back to
  ticket         none       which ticket counts
certificate
  id             none       names the row
  code           pseudonym  of its address
  sitting_id     pseudonym  whose result
  generation     pseudonym  which sheet
  key_revision   none       scored with which keys
  issued_at      pseudonym  when its owner asked for it
early_closing
  id             none       names the row
  exam_id        none       which exam
  reason         none       why; of the exam, not of a person
  closed_at      none       when
  closed_by      pseudonym  whose act
  closes_before  none       what is taken back to
  undone_at      none       when it was taken back
  undone_by      pseudonym  whose act
entry_try
  id             none       names the row
  exam_id        none       which exam
  who            pseudonym  under whom wrong tries are counted; keyed
  failures       pseudonym  waiting after wrong tries
  failed_at      pseudonym  how long to wait
exam
  id             none       names the row
  code           none       in its address
  title          none       what it is called
  preset         none       what it was made from
  unit_id        none       whose exam
  opens_at       none       its time
  closes_at      none       its time
  duration_s     none       its time
  grace_s        none       its time
  pass_mark      none       its rule
  excellent_mark none       its rule
  attempts       none       its rule
  multi_rule     none       its rule
  show_score     none       its rule
  show_what      none       its rule
  shuffle        none       its rule
  presence       none       what must say that somebody is there
  provisional    none       its rule
  hall_issue     none       which addresses of screens still open
  contact        personal   whom candidates may ask
  demo           none       invented data
  created_at     none       its life
  created_by     pseudonym  whose act
  published_at   none       its life
  drawn_at       none       its life
  results_at     none       its life
  archived_at    none       its life
  paused_at      none       its clock stands
  roster_digest  none       what the draw was bound to
  bank_digest    none       what the draw was bound to
  blueprint_digest none     what the draw was bound to
  commitment     none       of the draw's secret
  secret         none       of the draw
  public_source  none       of the draw
  public_value   none       of the draw
  seed           none       of the draw
exam_pause
  id             none       names the row
  exam_id        none       which exam
  key            none       one tap counts once
  reason         none       why; of the exam, not of a person
  began_at       none       when
  began_by       pseudonym  whose act
  ended_at       none       when
  ended_by       pseudonym  whose act
exemption
  id             pseudonym  names the row
  person_id      pseudonym  for whom
  kind           personal   why, from a list
  note           personal   what there is to add
  until          personal   for how long
  exam_code      none       for which exam
  requested_at   none       when it was asked for
  requested_by   pseudonym  whose act
  requested_name personal   who asked, as they were called
  approved       personal   what was decided
  decided_at     none       when
  decided_by     pseudonym  whose act
  decided_name   personal   who decided, as they were called
  decision_note  personal   why
  ended_at       none       when it was over
  ended_name     personal   who ended it, as they were called
heard
  sitting_id     pseudonym  whose phone
  heard_at       pseudonym  which phones have fallen silent
incident
  id             none       names the row
  exam_id        none       in which exam
  key            none       one tap counts once
  kind           none       what kind of thing, from a list
  candidate_id   pseudonym  to whom
  room           none       in which room
  text           personal   what happened
  happened_at    none       when
  noted_at       none       when it was written down
  noted_by       pseudonym  whose act
key_change
  id             none       names the row
  revision_id    none       of which revision
  version_id     none       of which question
  part           none       of which part of a case
  kind           none       how it counts
  keys           none       what is right
job
  id               none       names the row
  kind             none       which work
  object           pseudonym  on what: numbers, an account's among them
  about            none       the title of an exam
  arguments        pseudonym  what to do: numbers, the account's among them
  account_id       pseudonym  whose it is and who may fetch its result
  state            none       whether it is done
  step             none       where to go on after a crash
  progress_n       none       how far it is
  progress_of      none       of how much
  message          none       what it is doing, or what came of it
  file             none       the result, until it goes after a week
  filename         none       the name it is downloaded as
  tries            none       giving up after some crashes
  worker           none       which process has it
  created_at       none       since when
  started_at       none       since when
  beat_at          none       whether its process lives
  cancel_asked_at  none       ending it
  finished_at      none       when its result goes
key_revision
  id             none       names the row
  exam_id        none       which exam
  number         none       in their order
  proposal_id    none       who asked and who confirmed
  digest         none       of the changes
  made_at        none       when
  scored_at      none       when all was scored by it
joining
  id             none       names the row
  exam_id        none       which exam
  unit_id        none       of which unit they say they are
  name           personal   who asks to be let in; empty once it is decided
  number_digest  pseudonym  finding them later; empty once it is decided
  device         pseudonym  telling the phone that asked
  asked_at       none       when
  candidate_id   pseudonym  who was made of it
  accepted       none       what was decided
  decided_at     none       when
known_browser
  id             none       names the row
  account_id     pseudonym  whose
  digest         pseudonym  of a random cookie
  words          pseudonym  name of the browser and system, without versions
  first_at       pseudonym  since when it is known
  last_at        pseudonym  when it last signed in
  noticed_at     none       its owner knows of it
  failures       pseudonym  waiting after wrong passwords there
  failed_at      pseudonym  how long to wait
late_message
  id             none       names the row
  sitting_id     pseudonym  whose
  received_at    pseudonym  when
  why            none       it no longer counted
  body           personal   answers that may be admitted by two persons
login_session
  id             none       names the row
  token_digest   pseudonym  of the browser's cookie
  account_id     pseudonym  whose
  created_at     pseudonym  when it began
  seen_at        pseudonym  idle time
  ended_at       pseudonym  it is over
  proven_at      pseudonym  when its owner last showed who they are
  wrong_proofs   none       the fifth ends it
  browser_id     pseudonym  where
old_password
  id             none       names the row
  account_id     pseudonym  whose
  password_hash  pseudonym  it must not come again; argon2id
  replaced_at    none       which are the last ones
objection
  id             none       names the row
  exam_id        none       which exam
  sitting_id     pseudonym  whose
  generation     none       which sheet
  q              none       which question
  version_id     none       for those who set it
  text           personal   what is said against it
  made_at        none       when
  outcome        none       what came of it
  answer         personal   for its owner to read
  answered_at    none       when
  answered_by    pseudonym  whose act
paper
  id             none       names the row
  exam_id        none       which exam
  number         none       place in the draw
  candidate_id   pseudonym  for whom it was drawn
  attempt        none       which attempt
  items          none       questions and their options
  digest         none       of it
paper_entry
  id             none       names the row
  paper_id       pseudonym  whose answer sheet
  account_id     pseudonym  whose act
  answers        personal   comparing what two people read, and scoring
  entered_at     none       when
paper_sheet
  paper_id       pseudonym  whose answer sheet
  sitting_id     pseudonym  in which sitting it counts
  outcome        none       what became of it, from a list
  first_by       pseudonym  whose act
  second_by      pseudonym  whose act
  settled        none       whose reading counts where they differed
  handed_in_at   none       when
  handed_in_by   pseudonym  whose act
past_sheet
  sitting_id     pseudonym  whose
  generation     none       which sheet
  state          none       how it was closed
  deadline       none       its time
  closed_at      pseudonym  when
  answers_digest pseudonym  of its answers
  check_word     pseudonym  of its receipt
  audit_n        none       its entry in the log
  receipt_code   pseudonym  of its receipt's address
person
  id             pseudonym  names the person in other tables
  unit_id        personal   whose staff
  name           personal   who
  phone_tail     personal   telling apart and finding at the door: four digits
  staff_number   personal   the same, where the unit has numbers
  rank           personal   drawing and reporting by groups
  left_at        personal   no longer on the roster
  created_at     none       since when
pool_item
  id             none       names the row
  exam_id        none       which exam
  version_id     none       which question
  row_id         none       for which row
  ease           none       expected points
  used           none       papers before
  enemies        none       what it must not stand beside
presence
  candidate_id   pseudonym  who was there
  how            none       what says so
  at             pseudonym  since when
  room           none       in which room
  reason         personal   why an invigilator says so
  account_id     pseudonym  whose act
proposal
  id             none       names the row
  exam_id        none       which exam
  key            none       one tap counts once
  kind           none       what is asked for
  sitting_id     pseudonym  for whose sitting
  late_id        pseudonym  which late message
  asked          none       what exactly: times and keys
  reason         personal   why
  proposed_at    none       when
  proposed_by    pseudonym  whose act
  decision       none       what was decided
  decided_at     none       when
  decided_by     pseudonym  whose act
question
  id             none       names the row
  import_id      none       the file it came in
  state          none       may it be drawn
  current        none       its newest version
  pool           none       may it be shown in practice
  enemies        none       what it must not stand beside
  created_at     none       since when
question_remark
  id             none       names the row
  version_id     none       of which question
  part           none       of which part of a case
  kind           none       a remark, a return, an objection
  text           personal   what is wrong with a question; of the question
  exam_code      none       where it was noticed
  made_at        none       when
  made_by        pseudonym  whose act: a number
  settled_at     none       when it was dealt with
  settled_by     pseudonym  whose act
  outcome        none       what came of it
question_use
  id             none       names the row
  version_id     none       which question
  exam_code      none       in which exam
  exam_title     none       in which exam
  papers         none       in how many papers
  answers        none       on how many sheets: a count
  earned         none       how easy it was: a sum over all
  possible       none       the same
question_version
  id             none       names the row
  question_id    none       of which question
  number         none       in their order
  kind           none       how it is answered
  stem           none       what is asked
  options        none       what may be chosen
  key            none       what is right
  pinned         none       may options move
  parts          none       questions of a case
  topic_id       none       what it is about
  difficulty     none       how hard
  citations      none       by which article
  analysis       none       why
  tags           none       what it is for
  source         none       where it comes from
  digest         none       is it the same question
  created_at     none       since when
  created_by     pseudonym  whose act: a number
rank_group
  id             none       names the row
  name           none       a word of the list
  position       none       order
recovery_code
  id             none       names the row
  account_id     pseudonym  whose
  digest         pseudonym  keyed, of a code that signs in once
  used_at        none       it works once
role_grant
  id             none       names the row
  account_id     pseudonym  whose
  role           pseudonym  what they may do
  unit_id        pseudonym  where
  granted_at     none       since when
roster_change
  id             none       names the row
  at             none       when
  actor          pseudonym  whose act
  by_name        personal   who, as they were called
  what           personal   what happened
  unit_id        personal   to whose staff
  from_unit_id   personal   from whose staff
  person_id      pseudonym  to whom
  details        personal   what was there before and after
  reason         personal   why
  source         none       name of the file
roster_check
  id             none       names the row
  unit_id        none       whose roster
  at             none       when
  actor          pseudonym  whose act
  by_name        personal   who, as they were called
  people         none       how many
  seen           none       up to which change
roster_window
  id             none       names the row
  unit_id        none       whose roster
  closes_at      none       until when it is kept
score
  id             none       names the row
  sitting_id     pseudonym  whose
  generation     none       of which sheet
  key_revision   none       by which keys
  points         pseudonym  the result
  detail         pseudonym  points of each question
  scored_at      none       when
sign_in_link
  id             none       names the row
  purpose        none       a link, or half a sign-in
  token_digest   pseudonym  of the link
  account_id     pseudonym  whose
  expires_at     none       until when
  used_at        pseudonym  it works once
sitting
  id             pseudonym  names the row
  token          pseudonym  its address; works with the device cookie only
  exam_id        none       which exam
  candidate_id   pseudonym  who sits
  paper_id       none       with which paper
  attempt        none       which attempt
  state          pseudonym  how far
  generation     none       which sheet
  holder         none       which page owns it
  device         pseudonym  which phone owns it: a digest of a random cookie
  claim          pseudonym  which phone asks for it
  started_at     pseudonym  the clock
  deadline       pseudonym  the clock
  deadline_before pseudonym the clock before an early closing
  closed_at      pseudonym  when it was handed in
  answers_digest pseudonym  nothing was changed since
  check_word     pseudonym  on the receipt
  audit_n        none       on the receipt
  receipt_code   pseudonym  of the receipt's address
time_grant
  id             none       names the row
  exam_id        none       which exam
  key            none       one tap counts once
  unit_id        none       for a unit
  candidate_id   pseudonym  for one person
  room           none       for a room
  seconds        none       how much
  reason         personal   why
  granted_at     none       when
  granted_by     pseudonym  whose act
topic
  id             none       names the row
  name           none       what questions are about
  parent_id      none       below which
  position       none       order
  merged_into    none       which one took its place
unit
  id             none       names the row
  code           none       in the organizer's lists
  name           none       what it is called
  initials       none       finding it
  category       none       groups of the report
  level          none       groups of the report
  parent_id      none       the tree
  position       none       order
  place          none       order in the whole tree
  created_at     none       since when
  closed_at      none       takes part no more
"""


def _read(text: str) -> Mapping[str, Mapping[str, Column]]:
    tables: dict[str, dict[str, Column]] = {}
    table: dict[str, Column] = {}
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            table = tables[line] = {}
            continue
        name, kind, purpose = line.split(maxsplit=2)
        table[name] = Column(kind, purpose)
    return tables


#: Table → column → what it holds.
INVENTORY = _read(_TEXT)
