-------------------------------- MODULE Head --------------------------------
(* The core of Stellwerk's safety: one compare-and-set register (the head) and write-once files.
   There is no lock in this model: any master may believe at any time that it should lead, requests
   may be delayed for ever, replies may be lost, masters crash or go on with a stale view.
   What holds here holds whatever the lock, the clocks and the network do: promises P1 to P5.
   (One exception, marked "candidate" below: a deleted head is created anew only under the lock.)

   The order of this file: constants, state, the register, joining, leading, files, readers, disasters,
   what must hold.  README.md says how it maps to the design and what each mutation must break. *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
  \* how big the world is
  Masters, Readers,
  MaxChanges, MaxEpoch, MaxSeq,
  MaxLost,          \* puts whose fate the leader never learns
  MaxSnapshots,     \* snapshots that exist at once
  MaxWire,          \* requests on their way at once
  Founded,          \* TRUE: start with a founded cluster.  FALSE: with empty storage and no head
  Disasters,        \* which may happen, once in all: subset of {"wipe", "set", "restore"}
  \* the safeguards, TRUE in the protocol; a mutation switches one off
  Compare,          \* the register compares
  CompareBorn,      \* ... and tells a head from one created earlier with the same version number
  SettleByStamp,    \* an unknown compare-and-set is ours if the stamp is ours (FALSE: if epoch and seq are)
  BurnEpoch,        \* a name whose fate is unknown is left behind with its epoch
  KeepLater,        \* the head that names a snapshot keeps the segments after it
  WriterNames,      \* a snapshot's name has the epoch of its writer (FALSE: of the last commit in it)
  SweepNamedOnly,   \* sweep spares unnamed files of our own epoch and later ones
  KeepTwo,          \* the files of the last snapshot but one stay
  RereadFresh,      \* a reader that missed a file reads the head through the quorum
  CheckJoin,        \* list the journal, then read the head, before standing for election
  ListFirst,        \* ... in this order
  OwnVersion,       \* a head whose text names another version than it has was written by another hand
  SpareRefused,     \* who refuses the head sweeps nothing
  NeverAnew,        \* cluster.json or files without a head: nobody leads
  ClusterFirst,     \* no commit, snapshot or sweep before cluster.json holds the head's uuid
  Candidate,        \* a deleted head is created anew only by the holder of the lock
  KeepBatch,        \* ... and with the batch that was in flight
  Evident           \* restores that leave no trace in the journal are left out (see README, limits)

Changes == 1..MaxChanges
NoChange == 0
None    == <<>>
NoFile  == <<0, 0>>
NoHead  == [born |-> 0, ver |-> -1, hand |-> FALSE, stamp |-> None, cluster |-> None,
            epoch |-> 0, snap |-> NoFile, from |-> 0, segs |-> <<>>, prev |-> {}]

VARIABLES
  head,      \* the register.  born, ver: what it compares.  hand: its text names another version than ver.
             \* snap, from: the snapshot and its seq; segs: the segments after it; prev: what the snapshot before needs
  layout,    \* how many heads were ever created (the znode version of layout)
  files,     \* set of [kind, name, content]; a name is <<epoch, seq>>
  late,      \* puts of unknown fate that may still land
  cfile,     \* the uuid in cluster.json, or None
  m,         \* per master: what it believes and what it waits for
  wire,      \* requests on their way; each copy is applied at most once, at any time
  told,      \* per change what its caller knows: "new" (not asked), "open" (no answer, or unknown), "durable", "not"
  rd,        \* per reader: the head it read, how many of its files, their content, its conclusion
  top,       \* for the checks only: the newest head that the protocol wrote for the cluster of cluster.json (if any);
             \* differs from head only after a disaster
  backup,    \* for the disasters: an older head that somebody kept
  hurt       \* a disaster has happened

vars == <<head, layout, files, late, cfile, m, wire, told, rd, top, backup, hurt>>

-----------------------------------------------------------------------------
\* Reading names and contents
Name(k, n)    == {f \in files : f.kind = k /\ f.name = n}
Content(k, n) == (CHOOSE f \in files : f.kind = k /\ f.name = n).content
Position(h)   == h.from + Len(h.segs)
Chain(h)      == (IF h.snap = NoFile THEN <<>> ELSE <<<<"snapshot", h.snap>>>>) \o [i \in 1..Len(h.segs) |-> <<"segment", h.segs[i]>>]
Refs(h)       == {Chain(h)[i] : i \in 1..Len(Chain(h))}
Retained(h)   == Refs(h) \cup (IF KeepTwo THEN h.prev ELSE {})
RECURSIVE Fold(_)
Fold(s) == IF s = <<>> THEN <<>> ELSE Fold(SubSeq(s, 1, Len(s) - 1)) \o Content(s[Len(s)][1], s[Len(s)][2])
State(h)      == Fold(Chain(h))
Present(h)    == \A r \in Refs(h) : Name(r[1], r[2]) # {}
\* names in the order of the check before joining
Above(a, b)   == a[1] > b[1] \/ (a[1] = b[1] /\ a[2] > b[2])
Newest        == IF files = {} THEN NoFile
                 ELSE (CHOOSE f \in files : \A g \in files : ~Above(g.name, f.name)).name
\* the journal knows more than this head can account for
Beyond(n, h)  == IF h = NoHead THEN n # NoFile ELSE Above(n, <<h.epoch, Position(h) + 1>>)

\* A stamp is a process guid and its counter.  It is only ever compared for equality, so the model makes a fresh one
\* from what it is written on and the first number that nobody remembers.  The uuid of a cluster is its first stamp.
InUse == UNION {{h.stamp, h.cluster} : h \in {head, top, backup} \cup {m[p].seen : p \in Masters} \cup {m[p].next : p \in Masters}
                                             \cup {r.new : r \in wire} \cup {rd[x].h : x \in Readers}} \cup {cfile}
Fresh(p, born, ver) == LET free == {n \in 1..9 : <<p, born, ver, n>> \notin InUse}
                       IN <<p, born, ver, CHOOSE n \in free : \A k \in free : n <= k>>

Out      == [role |-> "out", epoch |-> 0, seen |-> NoHead, next |-> NoHead, pend |-> "none", change |-> NoChange, snap |-> NoFile,
             list |-> [newest |-> NoFile, cluster |-> None]]
Follower == [Out EXCEPT !.role = "follower"]
Refused  == [Out EXCEPT !.role = "refused"]
\* A restarted or deposed master.  Without the check it stands at once.
Start    == IF CheckJoin \/ head = NoHead THEN Out ELSE Follower
Foreign(h) == OwnVersion /\ h.hand

FirstHead == [NoHead EXCEPT !.born = 1, !.ver = 0, !.stamp = <<"founder">>, !.cluster = <<"founder">>]
Init ==
  /\ head = IF Founded THEN FirstHead ELSE NoHead
  /\ top = head /\ layout = head.born /\ cfile = head.cluster
  /\ files = {} /\ late = {} /\ wire = {} /\ backup = NoHead /\ hurt = FALSE
  /\ told = [c \in Changes |-> "new"]
  /\ m = [p \in Masters |-> Start]
  /\ rd = [x \in Readers |-> [h |-> NoHead, n |-> 0, got |-> <<>>, says |-> "none"]]

-----------------------------------------------------------------------------
\* The register: sending, applying, settling

\* A request that can no longer match is dropped at once: nothing shows whether it ever arrives.  One that can stays
\* until it is applied, so a lost one need not be shown either.
Live(rs, h, l) == IF Compare /\ CompareBorn
                  THEN {r \in rs : IF r.ver = -1 THEN r.new.born = l + 1 ELSE r.born = h.born /\ r.ver = h.ver} ELSE rs
Put(p, at, h)  == /\ Cardinality(wire) < MaxWire
                  /\ wire' = Live(wire \cup {[from |-> p, born |-> at.born, ver |-> at.ver, new |-> h]}, head, layout)
Send(p, at, h, kind, c) == Put(p, at, h) /\ m' = [m EXCEPT ![p].pend = kind, ![p].seen = at, ![p].next = h, ![p].change = c]
Bump(p, h) == [h EXCEPT !.ver = @ + 1, !.stamp = Fresh(p, h.born, h.ver + 1), !.hand = FALSE]

\* What a master is once it knows that its write was applied.  A new epoch forgets the snapshot of the old one.
Won(p, h) == [m[p] EXCEPT !.role = "leader", !.epoch = h.epoch, !.seen = h, !.next = NoHead, !.pend = "none", !.change = NoChange,
                          !.snap = IF h.epoch = m[p].epoch THEN @ ELSE NoFile]
Answer(c, a) == IF c = NoChange THEN told ELSE [told EXCEPT ![c] = a]

\* The register applies a request, or refuses it.  A good reply teaches no more than settling at once would, a refusal
\* no more than silence (an earlier copy may have won): so there are no replies here, only Settle.
Apply == \E r \in wire :
  LET create == r.ver = -1
      ok == IF create THEN head = NoHead /\ layout + 1 = r.new.born
                           /\ (Candidate /\ r.new.epoch > 1 => top.stamp[1] = r.from)         \* candidate
            ELSE head # NoHead /\ (Compare => r.ver = head.ver /\ (CompareBorn => r.born = head.born))
  IN /\ head' = IF ok THEN r.new ELSE head
     /\ top'  = IF ok /\ cfile \in {None, r.new.cluster} THEN r.new ELSE top
     /\ layout' = IF ok /\ create THEN layout + 1 ELSE layout
     /\ wire' = Live(wire \ {r}, head', layout')
     /\ UNCHANGED <<files, late, cfile, m, told, rd, backup, hurt>>

\* Nobody knows what became of the request: look at the head.
Settle(p) ==
  LET s == m[p]
      from == IF s.pend = "create" THEN NoHead ELSE s.seen
      mine == <<s.epoch, Position(s.next)>>
      ours == IF SettleByStamp THEN head.stamp = s.next.stamp
              ELSE head.epoch = s.next.epoch /\ Position(head) = Position(s.next)
      held == \E i \in 1..Len(head.segs) : head.segs[i] = mine
      \* Ended before our seq, or another epoch stands there.  Only a later epoch may say so: an older head was set back.
      isnt == head.epoch > s.epoch /\ (Position(head) < mine[2] \/ (head.from < mine[2] /\ ~held))
  IN
  /\ s.pend \in {"claim", "commit", "create"}
  /\ IF ours THEN m' = [m EXCEPT ![p] = Won(p, s.next)] /\ told' = Answer(s.change, "durable") /\ UNCHANGED wire
     ELSE IF head.ver = from.ver /\ head.born = from.born
       THEN Put(p, from, s.next) /\ UNCHANGED <<m, told>>                    \* the same again
     ELSE /\ head # NoHead                                                  \* else see Recreate, or Crash
          /\ UNCHANGED wire
          /\ IF Foreign(head) THEN m' = [m EXCEPT ![p] = Refused] /\ UNCHANGED told
             ELSE /\ m' = [m EXCEPT ![p] = Start]                           \* deposed
                  /\ told' = IF held THEN Answer(s.change, "durable") ELSE IF isnt THEN Answer(s.change, "not") ELSE told
  /\ UNCHANGED <<head, layout, files, late, cfile, rd, top, backup, hurt>>

\* Also: gives up, loses its session, is stopped.  Callers without an answer know nothing.
Crash(p) == /\ m[p] # Out
            /\ m' = [m EXCEPT ![p] = Start] /\ UNCHANGED <<head, layout, files, late, cfile, wire, told, rd, top, backup, hurt>>

-----------------------------------------------------------------------------
\* Joining and founding

Quiet == UNCHANGED <<head, layout, files, late, cfile, told, rd, top, backup, hurt>>

\* First half of the check.  The newest name stands for the whole listing: the check only asks for the greatest.
Look(p) ==
  /\ m[p].role = "out" /\ m[p].pend = "none"
  /\ m' = [m EXCEPT ![p].role = "looked", ![p].list = [newest |-> Newest, cluster |-> cfile], ![p].seen = head]
  /\ Quiet /\ UNCHANGED wire

\* Second half.
Stand(p) ==
  LET l  == IF ListFirst THEN m[p].list.newest ELSE Newest
      cf == IF ListFirst THEN m[p].list.cluster ELSE cfile
      h  == IF ListFirst THEN head ELSE m[p].seen
      new == [NoHead EXCEPT !.ver = 0, !.born = layout + 1, !.epoch = 1, !.stamp = Fresh(p, layout + 1, 0),
                            !.cluster = IF cf = None THEN Fresh(p, layout + 1, 0) ELSE cf]
  IN
  /\ m[p].role = "looked"
  /\ \/ /\ h # NoHead
        /\ m' = [m EXCEPT ![p] = IF Foreign(h) \/ (cf # None /\ cf # h.cluster) \/ (CheckJoin /\ Beyond(l, h))
                                 THEN Refused ELSE Follower]
        /\ UNCHANGED wire
     \/ /\ h = NoHead /\ NeverAnew /\ (cf # None \/ Beyond(l, h))
        /\ m' = [m EXCEPT ![p] = Refused] /\ UNCHANGED wire
     \/ /\ h = NoHead /\ ~(NeverAnew /\ (cf # None \/ Beyond(l, h)))
        /\ Put(p, NoHead, new)
        /\ m' = [m EXCEPT ![p] = [Out EXCEPT !.pend = "create", !.next = new]]
  /\ Quiet

\* cluster.json is put once, with the uuid of the head; who finds another there refuses.
PutCluster(p) ==
  /\ m[p].role = "leader" /\ m[p].pend = "none" /\ cfile # m[p].seen.cluster
  /\ IF cfile = None THEN cfile' = m[p].seen.cluster /\ UNCHANGED m
     ELSE m' = [m EXCEPT ![p] = Refused] /\ UNCHANGED cfile
  /\ UNCHANGED <<head, layout, files, late, wire, told, rd, top, backup, hurt>>

-----------------------------------------------------------------------------
\* Leading

\* Claim an epoch: by a follower, or by a leader that must burn its own.  A follower's claim on an older head than the
\* present one would be refused, so it is not shown.
Claim(p) ==
  LET h == IF m[p].pend = "burn" THEN m[p].seen ELSE head IN
  /\ (m[p].role = "follower" /\ m[p].pend = "none" /\ head # NoHead) \/ m[p].pend = "burn"
  /\ h.epoch < MaxEpoch
  /\ IF m[p].role = "follower" /\ Foreign(h) THEN m' = [m EXCEPT ![p] = Refused] /\ UNCHANGED wire
     ELSE Send(p, h, [Bump(p, h) EXCEPT !.epoch = @ + 1], "claim", NoChange)
  /\ Quiet

\* A leader touches storage only after it found the head's uuid in cluster.json.
Owns(p)  == m[p].role = "leader" /\ (ClusterFirst => cfile = m[p].seen.cluster)
Leads(p) == Owns(p) /\ m[p].pend = "none"
\* One caller is like another: the next one that has not asked yet.
Unused   == {c \in Changes : told[c] = "new" /\ \A d \in 1..(c - 1) : told[d] # "new"}
Slot(p)  == <<m[p].epoch, Position(m[p].seen) + 1>>

\* One commit: put the segment, then compare-and-set.  "Exists, with other bytes" cannot happen to a leader in good
\* order: its epoch is used twice, so it stops.
Write(p) == \E c \in Unused :
  /\ Leads(p) /\ Position(m[p].seen) < MaxSeq
  /\ told' = [told EXCEPT ![c] = "open"]
  /\ IF Name("segment", Slot(p)) = {}
     THEN /\ files' = files \cup {[kind |-> "segment", name |-> Slot(p), content |-> <<c>>]}
          /\ Send(p, m[p].seen, [Bump(p, m[p].seen) EXCEPT !.segs = Append(@, Slot(p))], "commit", c)
     ELSE m' = [m EXCEPT ![p] = Refused] /\ UNCHANGED <<files, wire>>
  /\ UNCHANGED <<head, layout, late, cfile, rd, top, backup, hurt>>

\* The leader never learns what became of the put, and goes on with other bytes: nobody will name that file, so the
\* caller may even be told that nothing happened.  ("Certainly not" leaves no trace and needs no action here.)
WriteLost(p) == \E c \in Unused :
  /\ Leads(p) /\ Position(m[p].seen) < MaxSeq /\ Name("segment", Slot(p)) = {}
  /\ Cardinality(late) < MaxLost
  /\ late' = late \cup {[kind |-> "lost", name |-> Slot(p), content |-> <<c>>]}
  /\ m' = [m EXCEPT ![p].pend = IF BurnEpoch THEN "burn" ELSE "none"]
  /\ told' = [told EXCEPT ![c] = "not"]
  /\ UNCHANGED <<head, layout, files, cfile, wire, rd, top, backup, hurt>>
Land == \E f \in late :
  /\ f.kind = "lost" /\ Name("segment", f.name) = {}
  /\ files' = files \cup {[f EXCEPT !.kind = "segment"]}
  /\ late' = (late \ {f}) \cup {[f EXCEPT !.kind = "landed", !.content = <<>>]}
  /\ UNCHANGED <<head, layout, cfile, m, wire, told, rd, top, backup, hurt>>

\* Compaction, first step: put a snapshot of the committed state, at any time, also while a commit is in flight.
PutSnapshot(p) ==
  LET h == m[p].seen
      n == <<IF WriterNames THEN m[p].epoch ELSE h.segs[Len(h.segs)][1], Position(h)>> IN
  /\ Owns(p) /\ m[p].snap = NoFile /\ h.segs # <<>> /\ Present(h)
  /\ Cardinality({f \in files : f.kind = "snapshot"}) < MaxSnapshots
  /\ \A f \in Name("snapshot", n) : f.content = State(h)
  /\ files' = files \cup {[kind |-> "snapshot", name |-> n, content |-> State(h)]}
  /\ m' = [m EXCEPT ![p].snap = n]
  /\ UNCHANGED <<head, layout, late, cfile, wire, told, rd, top, backup, hurt>>

\* Second step, any number of commits later: a head that names it, keeps the later segments, and remembers what the
\* snapshot before needs.
Compact(p) ==
  LET h == m[p].seen
      k == m[p].snap[2] - h.from
      new == [Bump(p, h) EXCEPT !.snap = m[p].snap, !.from = IF KeepLater THEN m[p].snap[2] ELSE Position(h),
                                !.segs = IF KeepLater THEN SubSeq(h.segs, k + 1, Len(h.segs)) ELSE <<>>,
                                !.prev = Refs([h EXCEPT !.segs = SubSeq(h.segs, 1, k)])] IN
  /\ Leads(p) /\ m[p].snap # NoFile
  /\ Put(p, h, new)
  /\ m' = [m EXCEPT ![p].pend = "commit", ![p].next = new, ![p].change = NoChange, ![p].snap = NoFile]
  /\ Quiet

\* A leader, possibly a stale one, removes one file: a stray of a lower epoch, or what its own snapshot made needless.
Sweep(p) == \E f \in files :
  /\ Owns(p) \/ (m[p].role = "refused" /\ ~SpareRefused)
  /\ m[p].role = "leader" /\ SweepNamedOnly => f.name[1] < m[p].epoch \/ (f.name[1] = m[p].epoch /\ f.name[2] <= m[p].seen.from)
  /\ <<f.kind, f.name>> \notin Retained(IF m[p].role = "refused" THEN head ELSE m[p].seen)
  /\ files' = files \ {f} /\ UNCHANGED <<head, layout, late, cfile, m, wire, told, rd, top, backup, hurt>>

\* The head was deleted under a living leader: it compares its view with the journal, and creates the head anew, above
\* every epoch that it asked for.  A batch whose compare-and-set was sent may have been seen by followers: it is kept.
Recreate(p) ==
  LET s == m[p]
      base == IF s.pend = "commit" /\ KeepBatch THEN s.next ELSE s.seen
      high == IF s.next.epoch > s.seen.epoch THEN s.next.epoch ELSE s.seen.epoch
      new == [base EXCEPT !.born = layout + 1, !.ver = 0, !.stamp = Fresh(p, layout + 1, 0), !.epoch = high + 1, !.hand = FALSE] IN
  /\ head = NoHead /\ s.role = "leader" /\ s.pend # "create" /\ high < MaxEpoch
  /\ cfile = s.seen.cluster
  /\ ~Beyond(Newest, [base EXCEPT !.epoch = high])
  /\ Put(p, NoHead, new)
  /\ m' = [m EXCEPT ![p].pend = "create", ![p].next = new, ![p].change = IF base = s.next THEN @ ELSE NoChange]
  /\ Quiet

-----------------------------------------------------------------------------
\* A reader of the head's files: a follower that catches up, a master that replays, fsck

ReadHead(x) ==
  /\ rd[x].says = "none" /\ head # NoHead
  /\ rd' = [rd EXCEPT ![x] = [h |-> head, n |-> 0, got |-> <<>>, says |-> "reading"]]
  /\ UNCHANGED <<head, layout, files, late, cfile, m, wire, told, top, backup, hurt>>
ReadFile(x) ==
  LET c == Chain(rd[x].h)
      r == c[rd[x].n + 1] IN
  /\ rd[x].says = "reading"
  /\ IF rd[x].n = Len(c) THEN rd' = [rd EXCEPT ![x].says = "done"]
     ELSE IF Name(r[1], r[2]) # {} THEN rd' = [rd EXCEPT ![x].n = @ + 1, ![x].got = @ \o Content(r[1], r[2])]
     ELSE rd' = [rd EXCEPT ![x].says = "missed"]
  /\ UNCHANGED <<head, layout, files, late, cfile, m, wire, told, top, backup, hurt>>
\* A file was gone: read the head again; if it is still the same, the storage is damaged.
Reread(x) == \E h \in {head} \cup (IF RereadFresh THEN {} ELSE {rd[x].h}) :
  /\ rd[x].says = "missed" /\ h # NoHead
  /\ rd' = [rd EXCEPT ![x] = IF h.stamp = rd[x].h.stamp THEN [@ EXCEPT !.says = "damaged"]
                             ELSE [h |-> h, n |-> 0, got |-> <<>>, says |-> "reading"]]
  /\ UNCHANGED <<head, layout, files, late, cfile, m, wire, told, top, backup, hurt>>
ReadAgain(x) ==
  /\ rd[x].says = "done"
  /\ rd' = [rd EXCEPT ![x] = [h |-> NoHead, n |-> 0, got |-> <<>>, says |-> "none"]]
  /\ UNCHANGED <<head, layout, files, late, cfile, m, wire, told, top, backup, hurt>>

-----------------------------------------------------------------------------
\* Disasters: somebody's hand, one in each behaviour

Keep == \* somebody copies the head
  /\ Disasters \cap {"set", "restore"} # {} /\ ~hurt /\ backup = NoHead /\ head # NoHead
  /\ backup' = head
  /\ UNCHANGED <<head, layout, files, late, cfile, m, wire, told, rd, top, hurt>>
Wipe == \* the head is deleted
  /\ "wipe" \in Disasters /\ ~hurt /\ head # NoHead
  /\ head' = NoHead /\ hurt' = TRUE /\ wire' = Live(wire, head', layout)
  /\ UNCHANGED <<layout, files, late, cfile, m, told, rd, top, backup>>
SetBack == \* an older text is written over the head: its version goes up
  /\ "set" \in Disasters /\ ~hurt /\ backup # NoHead /\ backup # head
  /\ head' = [backup EXCEPT !.ver = head.ver + 1, !.hand = TRUE] /\ hurt' = TRUE /\ wire' = Live(wire, head', layout)
  /\ UNCHANGED <<layout, files, late, cfile, m, told, rd, top, backup>>
Restore == \* the whole service is restored from a copy, versions and all; no session survives that
  /\ "restore" \in Disasters /\ ~hurt /\ backup # NoHead /\ backup # head
  /\ Evident => Beyond(Newest, backup)
  /\ head' = backup /\ layout' = backup.born /\ wire' = {} /\ hurt' = TRUE
  /\ m' = [p \in Masters |-> IF CheckJoin THEN Out ELSE Follower]
  /\ UNCHANGED <<files, late, cfile, told, rd, top, backup>>

Next == \/ Apply \/ Land \/ Keep \/ Wipe \/ SetBack \/ Restore
        \/ \E p \in Masters : \/ Look(p) \/ Stand(p) \/ PutCluster(p) \/ Claim(p) \/ Write(p) \/ WriteLost(p)
                              \/ PutSnapshot(p) \/ Compact(p) \/ Settle(p) \/ Crash(p) \/ Sweep(p) \/ Recreate(p)
        \/ \E x \in Readers : ReadHead(x) \/ ReadFile(x) \/ Reread(x) \/ ReadAgain(x)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* What must hold.  After a disaster it must hold of what the protocol wrote last, not of what the hand put there.
NoDangling   == Present(top)                                                                      \* P4
KeptTwo      == \A r \in top.prev : Name(r[1], r[2]) # {}
NoLoss       == NoDangling => LET s == State(top) IN \A c \in Changes : told[c] = "durable" => \E i \in 1..Len(s) : s[i] = c   \* P3, P5
NoGhost      == NoDangling => LET s == State(top) IN \A c \in Changes : told[c] \in {"not", "new"} => \A i \in 1..Len(s) : s[i] # c  \* P3
NoDouble     == NoDangling => LET s == State(top) IN \A i, j \in 1..Len(s) : s[i] = s[j] => i = j                     \* P5
WriteOnce    == \A f, g \in files : (f.kind = g.kind /\ f.name = g.name) => f = g                 \* P4
OneLeader    == \A p, q \in Masters : (p # q /\ m[p].role = "leader" /\ m[q].role = "leader" /\ m[p].seen.cluster = m[q].seen.cluster)
                                        => m[p].epoch # m[q].epoch                                \* P1, P2
NoFalseAlarm == hurt \/ \A p \in Masters : m[p].role # "refused"
ReaderRight  == \A x \in Readers : /\ hurt \/ rd[x].says # "damaged"
                                   /\ rd[x].says = "done" /\ NoDangling => /\ Len(rd[x].got) = Position(rd[x].h)
                                                                           /\ rd[x].got = SubSeq(State(top), 1, Len(rd[x].got))
\* The state only ever grows at its end; epochs rise.
OnlyGrows    == [][top' = top \/ top'.cluster # top.cluster \/ ~Present(top) \/ ~Present(top)' \/
                    LET s == State(top) t == State(top)' IN top'.epoch >= top.epoch /\ Len(t) >= Len(s) /\ SubSeq(t, 1, Len(s)) = s]_<<top>>
Symmetry     == Permutations(Masters)
=============================================================================
