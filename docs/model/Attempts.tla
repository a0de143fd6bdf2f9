------------------------------ MODULE Attempts ------------------------------
(* One task and its attempts: record, command, end, acknowledgement; leaders that die, stall and are replaced;
   workers that die, come back and are cut off; the lease of an at-most-one job.  That commits are one line of
   compare-and-sets is shown by Head.tla: here a commit is one step, which succeeds for the leader of the newest
   epoch only.

   The rules: no command leaves before its record is durable, no acknowledgement before the record of the end; an
   attempt that is recorded and unknown to the same incarnation of its worker is sent again; a worker stops what it
   is not told to keep, and never goes back to an older epoch; after a takeover nobody is judged before the workers
   had time to come; a lease runs from the sending of the heartbeat that was echoed; a replacement waits for it,
   unless the guard says that all is dead; a leader that stood still asks whether it still leads before it echoes.

   A worker's tasks die with it, by its guard or by the kernel; ends that no leader has acknowledged are on its disk.
   A worker has one connection, and what that carries is lost with it; while it stands, messages come in any order.
   There is one clock, and nobody ends a lease late: the margin of the code stands for the difference. *)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
  Workers, MaxEpoch, MaxAttempts, MaxInc, MaxNow, Lease, Deadline,
  MaxFaults,         \* of workers and their links
  AtMostOneJob, TasksEnd,
  \* the safeguards, TRUE in the protocol
  Compare,           \* only the newest epoch commits
  RecordFirst,       \* a start is sent after its record is durable
  AckLast,           \* an end is acknowledged after its record is durable
  OwnEnd,            \* the end of an attempt that is not the recorded one changes nothing
  KnowHigh,          \* a worker registers with no older epoch than it has seen
  StopOld,           \* a worker stops what it is not told to keep
  Grace,             \* workers that can come are not judged before they had time to
  SendAgain,         \* recorded, and unknown to the same incarnation: the same attempt again
  LeaseFromSending,  \* of the heartbeat (FALSE: from the receipt of its echo)
  WaitLease,         \* a replacement waits until every lease is over
  WakeAsks           \* who stood still asks before it echoes

Epochs == 1..MaxEpoch
Attempts == 1..MaxAttempts
Nobody == "nobody"

VARIABLES
  reg,   \* epoch: of the newest claim; rec: the task's record: attempt n, worker w, incarnation inc; st none, run, done
  L,     \* leader of each epoch: st no, up, stalled, gone; rec: what it has read and written; claimed, until: times;
         \* per worker: inc: of the hello (0: not here), has: what it knows of, echo: time of the last
  W,     \* per worker: up, inc, run, ended: attempts; high: highest epoch; e: connected to; lease: its end; cut: off from
  msgs,  \* on their way
  now,
  seen   \* for the properties: ends recorded per attempt, acked, restarted, faults
vars == <<reg, L, W, msgs, now, seen>>
Symmetry == Permutations(Workers)

NoRec == [n |-> 0, w |-> Nobody, inc |-> 0, st |-> "none"]
NoLeader == [st |-> "no", rec |-> NoRec, claimed |-> 0, until |-> 0,
             inc |-> [v \in Workers |-> 0], has |-> [v \in Workers |-> {}], echo |-> [v \in Workers |-> 0]]
NewWorker == [up |-> TRUE, inc |-> 1, run |-> {}, ended |-> {}, high |-> 0, e |-> 0, lease |-> 0, cut |-> {}]
Init ==
  /\ reg = [epoch |-> 0, rec |-> NoRec]
  /\ L = [e \in Epochs |-> NoLeader]
  /\ W = [v \in Workers |-> NewWorker]
  /\ msgs = {}
  /\ now = 0
  /\ seen = [ends |-> [n \in Attempts |-> 0], acked |-> {}, restarted |-> FALSE, faults |-> 0]

Max(a, b) == IF a > b THEN a ELSE b
Up(e) == L[e].st = "up"
Writes(e) == Up(e) /\ (Compare => reg.epoch = e)
Msg(kind, w, n, t) == [kind |-> kind, w |-> w, n |-> n, t |-> t]
Say(m) == msgs' = msgs \cup {m}
\* What is left when w's connection ends: the guard's word travels by itself.
Without(w) == {m \in msgs : m.w # w \/ m.kind = "dead"}
Here(e, w) == L[e].inc[w] # 0

--------------------------------------------------------------------------------
\* Leaders
Claim ==
  /\ reg.epoch < MaxEpoch
  /\ IF reg.epoch = 0 THEN TRUE ELSE L[reg.epoch].st \in {"gone", "stalled"} \/ now >= L[reg.epoch].until
  /\ reg' = [reg EXCEPT !.epoch = @ + 1]
  /\ L' = [L EXCEPT ![reg.epoch + 1] =
             [NoLeader EXCEPT !.st = "up", !.rec = reg.rec, !.claimed = now, !.until = now + Deadline]]
  /\ UNCHANGED <<W, msgs, now, seen>>
Contact(e) ==
  /\ e < MaxEpoch /\ Up(e) /\ reg.epoch = e /\ L[e].until # now + Deadline
  /\ L' = [L EXCEPT ![e].until = now + Deadline]
  /\ UNCHANGED <<reg, W, msgs, now, seen>>
\* The last leader does not fail: nobody would come after it.
Crash(e) ==
  /\ e < MaxEpoch /\ L[e].st \in {"up", "stalled"}
  /\ L' = [L EXCEPT ![e] = [NoLeader EXCEPT !.st = "gone", !.until = L[e].until]]
  /\ UNCHANGED <<reg, W, msgs, now, seen>>
Stall(e) ==
  /\ e < MaxEpoch /\ Up(e)
  /\ L' = [L EXCEPT ![e].st = "stalled"]
  /\ UNCHANGED <<reg, W, msgs, now, seen>>
Wake(e) ==
  /\ L[e].st = "stalled"
  /\ L' = [L EXCEPT ![e].st = IF WakeAsks /\ reg.epoch # e THEN "gone" ELSE "up"]
  /\ UNCHANGED <<reg, W, msgs, now, seen>>

\* The next attempt is recorded for a worker that is here.
Place(e, w) ==
  LET rec == [n |-> L[e].rec.n + 1, w |-> w, inc |-> L[e].inc[w], st |-> "run"] IN
  /\ Writes(e) /\ L[e].rec.st = "none" /\ Here(e, w) /\ rec.n <= MaxAttempts
  /\ reg' = [reg EXCEPT !.rec = rec]
  /\ L' = [L EXCEPT ![e].rec = rec, ![e].has[w] = IF SendAgain THEN @ ELSE @ \cup {rec.n}]
  /\ msgs' = IF SendAgain THEN msgs ELSE msgs \cup {Msg("start", w, rec.n, 0)}
  /\ UNCHANGED <<W, now, seen>>
Early(e, w) ==
  /\ ~RecordFirst /\ Up(e) /\ L[e].rec.st = "none" /\ Here(e, w) /\ L[e].rec.n < MaxAttempts
  /\ Say(Msg("start", w, L[e].rec.n + 1, 0))
  /\ UNCHANGED <<reg, L, W, now, seen>>
\* Sent for the first time, or again.
Start(e) ==
  LET r == L[e].rec IN
  /\ SendAgain /\ Up(e) /\ r.st = "run" /\ L[e].inc[r.w] = r.inc /\ r.n \notin L[e].has[r.w]
  /\ Say(Msg("start", r.w, r.n, 0))
  /\ L' = [L EXCEPT ![e].has[r.w] = @ \cup {r.n}]
  /\ UNCHANGED <<reg, W, now, seen>>

CanCome(w, e) == W[w].up /\ e \notin W[w].cut
\* Why the recorded attempt is given up.
GuardSaid(r) == Msg("dead", r.w, r.inc, 0) \in msgs
Unknown(e, r) == r.n \notin L[e].has[r.w] /\ (L[e].inc[r.w] > r.inc \/ (~SendAgain /\ L[e].inc[r.w] = r.inc))
LeaseOver(e, w) == AtMostOneJob /\ WaitLease => now >= Max(L[e].claimed, L[e].echo[w]) + Lease
Silent(e, r) == ~Here(e, r.w) /\ (Grace => \A w \in Workers : CanCome(w, e) => Here(e, w)) /\ LeaseOver(e, r.w)
Lose(e) ==
  LET r == L[e].rec
      rec == [r EXCEPT !.st = "none"] IN
  /\ Writes(e) /\ r.st = "run" /\ (GuardSaid(r) \/ Unknown(e, r) \/ Silent(e, r))
  /\ reg' = [reg EXCEPT !.rec = rec]
  /\ L' = [L EXCEPT ![e].rec = rec]
  /\ seen' = [seen EXCEPT !.restarted = TRUE]
  /\ UNCHANGED <<W, msgs, now>>

\* The end of an attempt: its record, then the acknowledgement.
TakeEnd(e, m) ==
  LET r == L[e].rec
      rec == [r EXCEPT !.st = "done"]
      counts == r.st = "run" /\ (OwnEnd => r.n = m.n /\ r.w = m.w) IN
  /\ m.kind = "end" /\ W[m.w].e = e /\ Up(e)
  /\ counts => Writes(e)
  /\ reg' = IF counts THEN [reg EXCEPT !.rec = rec] ELSE reg
  /\ L' = IF counts THEN [L EXCEPT ![e].rec = rec] ELSE L
  /\ seen' = IF counts THEN [seen EXCEPT !.ends[m.n] = @ + 1] ELSE seen
  /\ msgs' = (msgs \ {m}) \cup {Msg("ack", m.w, m.n, 0)}
  /\ UNCHANGED <<W, now>>
AckEarly(e, m) ==
  /\ ~AckLast /\ m.kind = "end" /\ W[m.w].e = e /\ Up(e)
  /\ Say(Msg("ack", m.w, m.n, 0))
  /\ UNCHANGED <<reg, L, W, now, seen>>
\* A heartbeat and its echo in one step: one that travels longer makes the leader wait longer.
Echo(e, w) ==
  /\ AtMostOneJob /\ W[w].e = e /\ Up(e)
  /\ W[w].lease < now + Lease /\ ~\E m \in msgs : m.kind = "echo" /\ m.w = w
  /\ WakeAsks => e = MaxEpoch \/ now < L[e].until
  /\ L' = [L EXCEPT ![e].echo[w] = now]
  /\ Say(Msg("echo", w, 0, now))
  /\ UNCHANGED <<reg, W, now, seen>>

--------------------------------------------------------------------------------
\* Workers
\* Whoever stands in for a leader that has not read the end of an older one yet keeps what its record says.
Hello(w, e) ==
  LET r == L[e].rec
      keep == {n \in W[w].run : r.st = "run" /\ r.n = n /\ r.w = w /\ r.inc = W[w].inc} IN
  /\ CanCome(w, e) /\ Up(e) /\ W[w].e = 0
  /\ KnowHigh => e >= W[w].high
  /\ W' = [W EXCEPT ![w].run = IF StopOld THEN keep ELSE @, ![w].e = e, ![w].high = Max(@, e)]
  /\ L' = [L EXCEPT ![e].inc[w] = W[w].inc, ![e].has[w] = keep \cup W[w].ended]
  /\ msgs' = Without(w) \cup {Msg("end", w, n, 0) : n \in W[w].ended}
  /\ UNCHANGED <<reg, now, seen>>
\* The connection ends: somebody is gone or cut off, or there is a newer leader.
Drop(w) ==
  LET e == W[w].e IN
  /\ e # 0 /\ (e \in W[w].cut \/ ~Up(e) \/ reg.epoch # e)
  /\ W' = [W EXCEPT ![w].e = 0]
  /\ L' = [L EXCEPT ![e].inc[w] = 0, ![e].has[w] = {}]
  /\ msgs' = Without(w)
  /\ UNCHANGED <<reg, now, seen>>
TakeStart(w, m) ==
  /\ m.kind = "start" /\ m.w = w /\ W[w].e # 0
  /\ AtMostOneJob => W[w].lease > now
  /\ W' = IF m.n \in W[w].ended THEN W ELSE [W EXCEPT ![w].run = @ \cup {m.n}]
  /\ msgs' = msgs \ {m}
  /\ UNCHANGED <<reg, L, now, seen>>
Ends(w, n) ==
  /\ TasksEnd /\ n \in W[w].run
  /\ W' = [W EXCEPT ![w].run = @ \ {n}, ![w].ended = @ \cup {n}]
  /\ msgs' = IF W[w].e # 0 THEN msgs \cup {Msg("end", w, n, 0)} ELSE msgs
  /\ UNCHANGED <<reg, L, now, seen>>
TakeAck(w, m) ==
  /\ m.kind = "ack" /\ m.w = w /\ W[w].e # 0
  /\ W' = [W EXCEPT ![w].ended = @ \ {m.n}]
  /\ msgs' = msgs \ {m}
  /\ seen' = [seen EXCEPT !.acked = @ \cup {m.n}]
  /\ UNCHANGED <<reg, L, now>>
TakeEcho(w, m) ==
  /\ m.kind = "echo" /\ m.w = w /\ W[w].e # 0
  /\ W' = [W EXCEPT ![w].lease = Max(@, (IF LeaseFromSending THEN m.t ELSE now) + Lease)]
  /\ msgs' = msgs \ {m}
  /\ UNCHANGED <<reg, L, now, seen>>

Fault == seen.faults < MaxFaults /\ seen' = [seen EXCEPT !.faults = @ + 1]
Dies(w, told) ==
  /\ Fault /\ W[w].up
  /\ W' = [W EXCEPT ![w].up = FALSE, ![w].run = {}, ![w].e = 0, ![w].lease = 0]
  /\ L' = [e \in Epochs |-> IF W[w].e = e THEN [L[e] EXCEPT !.inc[w] = 0, !.has[w] = {}] ELSE L[e]]
  /\ msgs' = Without(w) \cup (IF told THEN {Msg("dead", w, W[w].inc, 0)} ELSE {})
  /\ UNCHANGED <<reg, now>>
Returns(w) ==
  /\ ~W[w].up /\ W[w].inc < MaxInc
  /\ W' = [W EXCEPT ![w].up = TRUE, ![w].inc = @ + 1]
  /\ UNCHANGED <<reg, L, msgs, now, seen>>
Cut(w, e) ==
  /\ Fault /\ e \notin W[w].cut
  /\ W' = [W EXCEPT ![w].cut = @ \cup {e}]
  /\ UNCHANGED <<reg, L, msgs, now>>
Mend(w, e) ==
  /\ e \in W[w].cut
  /\ W' = [W EXCEPT ![w].cut = @ \ {e}]
  /\ UNCHANGED <<reg, L, msgs, now, seen>>

\* Time, and the guards that end leases when it is time.
Tick ==
  /\ now < MaxNow
  /\ now' = now + 1
  /\ W' = [w \in Workers |-> IF AtMostOneJob /\ W[w].lease <= now + 1
             THEN [W[w] EXCEPT !.run = {}, !.ended = IF TasksEnd THEN @ \cup W[w].run ELSE @] ELSE W[w]]
  /\ UNCHANGED <<reg, L, msgs, seen>>

Next ==
  \/ Claim
  \/ Tick
  \/ \E e \in Epochs : Contact(e) \/ Crash(e) \/ Stall(e) \/ Wake(e) \/ Start(e) \/ Lose(e)
  \/ \E e \in Epochs, w \in Workers : Place(e, w) \/ Early(e, w) \/ Echo(e, w) \/ Hello(w, e) \/ Cut(w, e) \/ Mend(w, e)
  \/ \E e \in Epochs, m \in msgs : TakeEnd(e, m) \/ AckEarly(e, m)
  \/ \E w \in Workers : Drop(w) \/ Returns(w) \/ Dies(w, TRUE) \/ Dies(w, FALSE)
  \/ \E w \in Workers, m \in msgs : TakeStart(w, m) \/ TakeAck(w, m) \/ TakeEcho(w, m)
  \/ \E w \in Workers, n \in Attempts : Ends(w, n)
Spec == Init /\ [][Next]_vars

--------------------------------------------------------------------------------
\* At most one live attempt of an at-most-one job.
AtMostOne == AtMostOneJob => Cardinality({<<w, n>> \in Workers \X Attempts : n \in W[w].run}) <= 1
\* What a worker was allowed to forget is recorded, unless that attempt had been given up before.
NoEndLost == \A n \in seen.acked : seen.ends[n] > 0 \/ n < reg.rec.n \/ (n = reg.rec.n /\ reg.rec.st = "none")
NoEndTwice == \A n \in Attempts : seen.ends[n] <= 1
\* A leader's death, stall or replacement restarts nothing.
NoRestart == seen.faults = 0 => ~seen.restarted
\* Nobody listens to an older epoch than one it has seen.
NoOldEpoch == \A w \in Workers : W[w].e # 0 => W[w].e = W[w].high
\* Nothing runs that was not recorded.
Recorded == \A w \in Workers : \A n \in W[w].run : n <= reg.rec.n
\* Who is with the newest leader runs what is recorded for it and nothing else.
Stopped == \A w \in Workers : W[w].e # 0 /\ W[w].e = reg.epoch =>
             \A n \in W[w].run : n = reg.rec.n /\ w = reg.rec.w
\* Fencing tokens only grow: n stands for the place of the attempt's record in the journal.
TokensGrow == [][reg'.rec.n >= reg.rec.n]_reg
=============================================================================
