#!/bin/sh
# Reads every STELLWERK_PARALLELISM-th line of a text and writes each word, in lower case, to the part
# of the counter that it belongs to. A part is renamed when it is whole, so running this again is safe.
set -eu
out=$WORD_COUNT_DIR/$STELLWERK_JOB_ID
mkdir -p "$out"
awk -v subtask="$STELLWERK_SUBTASK" -v sources="$STELLWERK_PARALLELISM" -v counters="$COUNTERS" -v out="$out" '
  BEGIN {
    for (i = 0; i < 26; i++) number[sprintf("%c", 97 + i)] = i
    for (i = 0; i < counters; i++) printf "" > part(i)
  }
  function part(counter) { return out "/part-" subtask "-" counter ".new" }
  NR % sources == subtask {
    n = split(tolower($0), words, /[^a-z]+/)
    for (i = 1; i <= n; i++)
      if (words[i] != "") print words[i] > part(number[substr(words[i], 1, 1)] % counters)
  }' "$1"
for part in "$out/part-$STELLWERK_SUBTASK-"*.new; do
  mv "$part" "${part%.new}"
done
