"""Counts the words that the sources left for this subtask and prints `(word,count)`, most frequent first."""

import collections
import os
import pathlib

folder = pathlib.Path(os.environ["WORD_COUNT_DIR"], os.environ["STELLWERK_JOB_ID"])
counts = collections.Counter()
for part in folder.glob(f"part-*-{os.environ['STELLWERK_SUBTASK']}"):
    counts.update(part.read_text().split())
for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
    print(f"({word},{count})")
