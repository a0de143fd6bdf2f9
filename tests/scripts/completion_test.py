"""What bash offers behind `stellwerk`, compared with what the helps say."""

import os
import re
import subprocess
import unittest

PROGRAM = os.environ["STELLWERK_PROGRAM"]
SECONDS_MAX = 60


def say(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=SECONDS_MAX, check=True).stdout


def offered(*lines):
    """For each line (its words; the last is being typed) what is offered."""
    script = "set -u; eval \"$1\"; shift; while (($#)); do read -r -a COMP_WORDS <<<\"${1%.}\"; "
    script += "[[ $1 != *' .' ]] || COMP_WORDS+=(''); "
    script += "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _stellwerk; echo \"${COMPREPLY[*]-}\"; shift; done"
    answer = subprocess.run(["bash", "-c", script, "bash", say("completion", "bash"), *(line + "." for line in lines)],
                            capture_output=True, text=True, timeout=SECONDS_MAX, check=True)
    assert not answer.stderr, answer.stderr
    return [set(line.split()) for line in answer.stdout.splitlines()]


class CompletionTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        actions = say("--help").partition("available:\n\n")[2].partition("\n\n")[0]
        cls.verbs = [line.split()[0] for line in actions.splitlines()]

    def test_each_verb(self):
        self.assertIn("run", self.verbs)
        self.assertEqual(offered("stellwerk ")[0], {*self.verbs, "-h", "--help", "-v", "--version"})
        self.assertEqual(offered("stellwerk ch")[0], {"checkpoint"})

    def test_each_option_of_each_verb(self):
        for verb, words in zip(self.verbs, offered(*(f"stellwerk {verb} -" for verb in self.verbs))):
            help_text = say(verb, "--help")
            said = {name for line in re.findall(r"^  (-.*)$", help_text, re.MULTILINE)
                    for name in re.findall(r"(?:^|,)(--?[\w-]+)", line.split()[0])}
            self.assertIn("--help", said, help_text)
            self.assertEqual(words, said, verb)

    def test_words_of_options_and_what_is_not_ours(self):
        self.assertEqual(offered("stellwerk fsck --last-segment ", "stellwerk run -c ", "stellwerk run ",
                                 "stellwerk run -- ls -", "stellwerk completion ", "stellwerk nobody -"),
                         [{"keep", "drop"}, set(), set(), set(), {"bash", "zsh"}, set()])


if __name__ == "__main__":
    unittest.main()
