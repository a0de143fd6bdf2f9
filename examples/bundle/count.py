"""Counts the words of a text that belong to this subtask, and prints the most frequent ones."""

import collections
import os
import sys

from words import owner, words_of

subtask = int(os.environ["STELLWERK_SUBTASK"])
subtasks = int(os.environ["STELLWERK_PARALLELISM"])

with open(sys.argv[1], encoding="utf-8") as text:
    counts = collections.Counter(word for word in words_of(text) if owner(word, subtasks) == subtask)

for word, count in counts.most_common(3):
    print(f"({word},{count})")
print(f"{sum(counts.values())} words in {os.environ['STELLWERK_BUNDLE_DIR']}")
