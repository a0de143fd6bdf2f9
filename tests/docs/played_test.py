"""What documents tell their readers to type is typed, in order, each document on a host of its own; needs root.

Blocks `sh run` and `console run`: a command that fails fails the test, and of a `$ command` the first line that it is said to
print is compared, but for what differs each time.
"""

import pathlib
import re
import tempfile
import unittest

import archive
import documents
from world import World

CLUSTER = """cd dist && printf 'localhost:8081\\nlocalhost:8082\\n' >conf/masters && echo localhost >conf/workers && mkdir /tmp/ha
cat >conf/config.yaml <<EOF
high-availability: {storageDir: /tmp/ha, TYPE}
taskmanager.numberOfTaskSlots: 8
EOF"""
STATUS = re.compile(r'"message":"I am (the leader, |a follower; )(?:in epoch|http://localhost:\d+ leads since )')


def alike(said, expected):
    """Whether words begin with the expected ones; one with a digit or slash differs each time."""
    words = said.split()
    return len(words) >= len(expected.split()) and all(
        word == ours or re.search(r"[\d/]", word) for word, ours in zip(expected.split(), words))


class PlayedTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="stellwerk-docs-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.archive = archive.make(pathlib.Path(cls.folder.name) / "made")

    def world(self):
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-docs-")
        self.addCleanup(folder.cleanup)
        world = World(folder.name, self.archive)
        self.addCleanup(world.end)
        return world

    def cluster(self, kind="type: local", *before):
        world = self.world()
        for command in (CLUSTER.replace("TYPE", kind), *before, "bin/start-cluster.sh"):
            world.type(command)
        world.type("bin/stellwerk status", until=lambda said: " leader " in said)
        world.type("bin/stellwerk workers", until=lambda said: "registered" in said)
        return world

    def play(self, world, blocks, waits=()):
        """Types blocks; [(command, what it said)]. `waits`: what a reader waits to see of a command that begins so."""
        heard = []
        for block in blocks:
            for line, command, expected in block.commands():
                until = next((until for begin, until in waits if command.startswith(begin)), lambda said: True)
                try:
                    said = world.type(command, until)
                except AssertionError as fault:
                    raise AssertionError(f"{block.document}:{line}: {fault}") from fault
                if expected and "logs -f" not in command:
                    self.assertTrue(alike(said, expected[0]), f"{block.document}:{line}: '{command}' says\n{said}")
                heard.append((command, said))
        return heard

    def blocks(self, name):
        return [block for block in documents.read(name)[0] if block.kind in ("sh run", "console run")]

    def test_readme(self):
        world = self.world()
        drill, end, *examples = self.blocks("README.md")
        heard = self.play(world, [drill], [
            ("curl", STATUS.search),
            ("pgrep", lambda said: len(said.strip().split("\n")) == 2),
            ("bin/stellwerk status", lambda said: " leader " in said)])
        said = [STATUS.search(said)[1] for command, said in heard if command.startswith("curl")]
        self.assertEqual(sorted(said), ["a follower; ", "the leader, "])
        before, after = ([line.split()[0] for line in said.split("\n") if " leader " in line]
                         for command, said in heard if command.startswith("bin/stellwerk status"))
        self.assertNotEqual(before, after)
        first, last = (said.strip() for command, said in heard if command.startswith("pgrep"))
        self.assertEqual(first, last)
        self.assertIn(world.newest_job, next(said for command, said in heard if command.startswith("bin/stellwerk list")))
        self.play(world, [end])
        world.type("! pgrep -fa 'StandaloneSession|TaskManagerRunner|QuorumPeer'")
        # "and to begin anew at any time": where the drill makes its folder, and what starts it.
        for _, command, _ in drill.commands():
            if command.startswith(("mkdir", "bin/zookeeper.sh", "bin/start-cluster.sh")):
                world.type(command)
        world.type("bin/stellwerk workers", until=lambda said: "registered" in said)
        counted = [(begin, lambda said: "count> (hello," in said) for begin in ("tail -f", "bin/stellwerk logs -f", "curl")]
        self.play(world, examples, counted)

    def test_installation(self):
        self.play(self.world(), self.blocks("docs/installation.md"))

    def test_examples(self):
        self.play(self.cluster(), self.blocks("examples/README.md"))

    def test_job_spec(self):
        world = self.cluster()
        spec = next(block for block in documents.read("docs/job-spec.md")[0] if block.kind == "yaml job")
        world.type(f"cat >word-count.yaml <<'END OF SPEC'\n{spec.text}END OF SPEC")
        self.play(world, self.blocks("docs/job-spec.md"))

    def test_rest_api(self):
        world = self.cluster()
        world.type("bin/stellwerk run -d examples/service/job.yaml")
        self.play(world, self.blocks("docs/rest-api.md"))

    def test_cli(self):
        world = self.cluster()
        world.type("cp examples/shell/job.yaml .")
        self.play(world, self.blocks("docs/cli.md"))

    def test_operations(self):
        world = self.world()
        world.type("cd dist")
        self.play(world, self.blocks("docs/operations.md"), [("bin/stellwerk status", lambda said: " leader " in said)])

    def test_failures(self):
        """ZooKeeper's data is gone, storageDir is left."""
        world = self.cluster("type: zookeeper, zookeeper: {quorum: localhost:2181, client: {session-timeout: 4 s}}", "bin/zookeeper.sh start 1")
        world.type("bin/stellwerk run -d examples/service/job.yaml")
        for command in ("bin/zookeeper.sh stop 1", "rm -r zookeeper-data", "bin/zookeeper.sh start 1"):
            world.type(command)
        world.type("curl localhost:8081/status", until=lambda said: "it was emptied or is another one; nobody leads" in said)
        self.play(world, self.blocks("docs/failures.md"), [("bin/stellwerk list", lambda said: world.newest_job in said)])

    def test_all_documents_are_played(self):
        played = {"README.md", "docs/cli.md", "docs/failures.md", "docs/installation.md", "docs/job-spec.md",
                  "docs/operations.md", "docs/rest-api.md", "examples/README.md"}
        self.assertEqual({name for name in documents.names() if self.blocks(name) and not name.endswith(documents.TRANSLATION)}, played)


if __name__ == "__main__":
    unittest.main()
