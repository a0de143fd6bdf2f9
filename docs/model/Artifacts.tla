------------------------------ MODULE Artifacts ------------------------------
(* Files that jobs bring along, and the records that name them.  Head.tla shows that commits are one line of
   compare-and-sets; here the state behind the head is only the set of records artifacts/<hash> -> file name.
   As there, there is no lock: masters act on stale views, requests are delayed for ever, masters crash.

   The rules: put the file, then commit the record that names it; delete the record first, remove the file
   afterwards; a later upload always gets a new name, <hash>-<epoch>-<n>; a record names only a file that was put
   in the epoch of the record's own commit; a leader removes files of lower epochs, and of its own only those whose
   record's deletion, or whose end as an upload, is decided. *)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
  Masters, Hashes, MaxEpoch,
  MaxUploads,        \* puts in an epoch
  MaxVersion,        \* commits and claims in all
  \* the safeguards, TRUE in the protocol
  Compare,           \* the register compares
  NewNames,          \* a later upload gets a new name (FALSE: the content alone names it)
  CountUp,           \* ... numbered by a count that never goes back in an epoch (FALSE: by what is there)
  RecordFirst,       \* the record is deleted before the file (FALSE: the other way round)
  OwnEpoch,          \* a record names only a file that was put in its own epoch
  SpareUploads       \* files of our own epoch that wait for their record are spared

None == <<>>
VARIABLES
  head,    \* [ver, stamp, epoch, recs]; recs: set of <<hash, file>>
  files,   \* file names: <<hash, epoch, n>>
  m,       \* per master: role, epoch, seen, next, pend; n: files put in this epoch;
           \* ups: files put and not yet recorded; gone: files to remove
  wire,
  told     \* per hash: its record was confirmed to an uploader and nobody asked to delete it since
vars == <<head, files, m, wire, told>>

NoHead   == [ver |-> -1, stamp |-> None, epoch |-> 0, recs |-> {}]
Follower == [role |-> "follower", epoch |-> 0, seen |-> NoHead, next |-> NoHead, pend |-> "none", n |-> 0, ups |-> {}, gone |-> {}]
Init ==
  /\ head = [NoHead EXCEPT !.ver = 0] /\ files = {} /\ wire = {} /\ told = {}
  /\ m = [p \in Masters |-> Follower]

InUse == {head.stamp} \cup {m[p].seen.stamp : p \in Masters} \cup {m[p].next.stamp : p \in Masters} \cup {r.new.stamp : r \in wire}
Fresh(p, ver) == LET free == {n \in 1..9 : <<p, ver, n>> \notin InUse} IN <<p, ver, CHOOSE n \in free : \A k \in free : n <= k>>
\* A request that can no longer match is dropped at once.
Live(rs, h) == IF Compare THEN {r \in rs : r.ver = h.ver} ELSE rs
Send(p, at, new) ==
  /\ at.ver < MaxVersion
  /\ LET h == [new EXCEPT !.ver = at.ver + 1, !.stamp = Fresh(p, at.ver + 1)] IN
     /\ wire' = Live(wire \cup {[ver |-> at.ver, new |-> h]}, head) /\ Cardinality(wire') <= 2
     /\ m' = [m EXCEPT ![p].pend = "sent", ![p].seen = at, ![p].next = h]

Claim(p) ==
  /\ m[p].role = "follower" /\ m[p].pend = "none" /\ head.epoch < MaxEpoch
  /\ Send(p, head, [head EXCEPT !.epoch = @ + 1]) /\ UNCHANGED <<head, files, told>>

Apply == \E r \in wire :
  LET ok == Compare => r.ver = head.ver IN
  /\ head' = IF ok THEN r.new ELSE head
  /\ wire' = Live(wire \ {r}, head') /\ UNCHANGED <<files, m, told>>

\* Settle by stamp, as in Head.tla.  What the confirmed commit deleted is removed later.
Hashed(recs) == {r[1] : r \in recs}
Settle(p) ==
  /\ m[p].pend = "sent" /\ UNCHANGED <<head, files, wire>>
  /\ LET s == m[p] dropped == {r[2] : r \in s.seen.recs \ s.next.recs} IN
     IF head.stamp = s.next.stamp
     THEN /\ m' = [m EXCEPT ![p].role = "leader", ![p].epoch = s.next.epoch, ![p].seen = s.next, ![p].next = NoHead, ![p].pend = "none",
                            ![p].gone = @ \cup dropped, ![p].ups = @ \ {r[2] : r \in s.next.recs}]
          /\ told' = told \cup Hashed(s.next.recs \ s.seen.recs)
     ELSE /\ head.ver # s.seen.ver                       \* unchanged: the same request is still on its way
          /\ m' = [m EXCEPT ![p] = Follower] /\ UNCHANGED told
Crash(p) == m[p] # Follower /\ m' = [m EXCEPT ![p] = Follower] /\ UNCHANGED <<head, files, wire, told>>

Leads(p) == m[p].role = "leader" /\ m[p].pend = "none"

\* The file is put.  Under a name made of the content alone, a put of identical bytes also answers ok.
Upload(p) == \E h \in Hashes :
  LET there == {f \in files : f[1] = h /\ f[2] = m[p].epoch}
      n == IF CountUp THEN m[p].n + 1 ELSE Cardinality(there) + 1
      f == IF NewNames THEN <<h, m[p].epoch, n>> ELSE <<h, 0, 0>> IN
  /\ m[p].role = "leader" /\ h \notin Hashed(m[p].seen.recs)
  /\ \A u \in m[p].ups : u[1] # h
  /\ m[p].n < MaxUploads
  /\ files' = files \cup {f} /\ m' = [m EXCEPT ![p].n = @ + 1, ![p].ups = @ \cup {f}] /\ UNCHANGED <<head, wire, told>>

\* Its record is committed: of a file we put, or (mutation) of one that we find.
Record(p) == \E f \in m[p].ups \cup (IF OwnEpoch THEN {} ELSE files) :
  /\ Leads(p) /\ f[1] \notin Hashed(m[p].seen.recs) /\ f \in files
  /\ Send(p, m[p].seen, [m[p].seen EXCEPT !.recs = @ \cup {<<f[1], f>>}]) /\ UNCHANGED <<head, files, told>>

\* Nobody used the upload within its hour.
Expire(p) == \E f \in m[p].ups :
  /\ Leads(p)
  /\ m' = [m EXCEPT ![p].ups = @ \ {f}, ![p].gone = @ \cup {f}] /\ UNCHANGED <<head, files, wire, told>>

\* Delete: the record first.  Whoever asked is no longer owed the file.
Delete(p) == \E r \in m[p].seen.recs :
  /\ Leads(p)
  /\ Send(p, m[p].seen, [m[p].seen EXCEPT !.recs = @ \ {r}])
  /\ told' = told \ {r[1]}
  /\ files' = IF RecordFirst THEN files ELSE files \ {r[2]}
  /\ UNCHANGED head

\* The file afterwards: at any time later, also by a leader that is none any more.
Remove(p) == \E f \in m[p].gone :
  /\ m' = [m EXCEPT ![p].gone = @ \ {f}] /\ files' = files \ {f} /\ UNCHANGED <<head, wire, told>>

\* Strays that nobody will record: files of lower epochs which our view does not name.
Sweep(p) == \E f \in files :
  /\ m[p].role = "leader"
  /\ f[2] < m[p].epoch \/ ~SpareUploads
  /\ f \notin {r[2] : r \in m[p].seen.recs}
  /\ f \notin m[p].ups \/ ~SpareUploads
  \* a commit in flight may name a file that the view does not
  /\ m[p].pend = "none" \/ ~SpareUploads \/ f \notin {r[2] : r \in m[p].next.recs}
  /\ files' = files \ {f} /\ UNCHANGED <<head, m, wire, told>>

Next == Apply \/ \E p \in Masters : Claim(p) \/ Settle(p) \/ Crash(p) \/ Upload(p) \/ Record(p) \/ Expire(p) \/ Delete(p) \/ Remove(p) \/ Sweep(p)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
NoDangling == \A r \in head.recs : r[2] \in files
\* Needs Compare: without it a record that was confirmed can be lost.
NoLoss     == \A h \in told : h \in Hashed(head.recs) \/ \E r \in wire : r.ver = head.ver /\ h \notin Hashed(r.new.recs)
OneRecord  == \A r, s \in head.recs : r[1] = s[1] => r = s
Symmetry   == Permutations(Masters) \cup Permutations(Hashes)
=============================================================================
