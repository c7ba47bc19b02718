"""Completion and the manual page know what --help knows.

reference_test.py COMMAND VERSION
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from skipping import need

COMMAND, VERSION = os.path.abspath(sys.argv[1]), sys.argv[2]


def output(*arguments):
    return subprocess.run([COMMAND, *arguments], check=True, capture_output=True, text=True).stdout


def commands():
    """The commands that --help lists."""
    listed = output("--help").split("\nSubcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\w+)", listed, re.MULTILINE)


def options(*command):
    """The names of the options that --help lists: -h, --help, ..."""
    found = []
    for line in output(*command, "--help").splitlines():
        if line.startswith("  -"):
            found += line.split()[0].split(",")
    return found


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "job.json").write_text("{}", encoding="utf-8")
        (self.folder / "jobs of mine").mkdir()

    def script(self, shell, name):
        path = self.folder / name
        path.write_text(output("completion", shell), encoding="utf-8")
        return path


class Help(unittest.TestCase):
    def test_the_commands_and_options_are_found(self):
        self.assertLessEqual({"run", "check", "stages", "schema", "completion", "man", "version"}, set(commands()))
        self.assertLessEqual({"-h", "--help", "--set", "--limit", "--json"}, set(options("run")))


class Bash(InFolder):
    def complete(self, *words):
        """What bash offers for the last word."""
        command = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _plotmill; '
                   '[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-uc", command, "bash", self.script("bash", "plotmill.bash"), "plotmill",
                                 *words], cwd=self.folder, check=False, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.splitlines()

    def test_commands(self):
        self.assertEqual(self.complete(""), commands())
        self.assertEqual(self.complete("sta"), ["stages"])
        self.assertEqual(self.complete("nothing"), [])

    def test_options_of_each_command(self):
        self.assertEqual(self.complete("--"), [name for name in options() if name.startswith("--")])
        for command in commands():
            with self.subTest(command=command):
                self.assertEqual(sorted(self.complete(command, "-")), sorted(options(command)))
        self.assertEqual(self.complete("run", "job.json", "--th"), ["--threads"])

    def test_files(self):
        # In the order of the folder, which is any.
        self.assertEqual(sorted(self.complete("run", "job")), ["job.json", "jobs of mine"])
        self.assertEqual(self.complete("check", "--graph", "dot", "job."), ["job.json"])

    def test_values(self):
        self.assertEqual(self.complete("check", "--graph", ""), ["text", "dot"])
        self.assertEqual(self.complete("check", "--graph", "="), ["text", "dot"])
        self.assertEqual(self.complete("check", "--graph", "=", "d"), ["dot"])
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh"])
        self.assertEqual(self.complete("run", "--threads", ""), [])

    def test_stages(self):
        self.assertEqual(self.complete("stages", ""),
                         [line.split()[0] for line in output("stages").splitlines()])
        self.assertEqual(self.complete("stages", "draw"), ["draw_lines"])

    def test_the_script_is_clean(self):
        need("shellcheck", "shellcheck")
        script = self.script("bash", "plotmill.bash")
        result = subprocess.run(["shellcheck", "--shell=bash", script], check=False, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)


class Zsh(InFolder):
    def complete(self, line):
        """What is on the screen after a tab, in a zsh of its own on a terminal; \\025 then clears the line."""
        need("zsh", "zsh")
        self.script("zsh", "_plotmill")
        command = r"""
            zmodload zsh/zpty
            zpty screen 'TERM=dumb zsh -f -i'
            zpty -w screen "PS1=; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump"
            # Only once its line editor runs are tabs its own, not the terminal's.
            zpty -w screen "zstyle ':completion:*' insert-tab false; zle-line-init() { print READ''Y }; zle -N zle-line-init"
            zpty -r -m screen text '*READY*'
            zpty -w -n screen "$1"$'\t\t\025'
            zpty -w screen 'print done'
            while zpty -r screen text; do print -rn -- $text; [[ $text == *done* ]] && break; done
            zpty -d screen"""
        result = subprocess.run(["zsh", "-f", "-c", command, "zsh", line], cwd=self.folder, check=True,
                                capture_output=True, text=True, timeout=60)
        return result.stdout

    def test_commands_options_files_and_stages(self):
        self.assertIn("stages", self.complete("plotmill sta"))
        shown = self.complete("plotmill ")
        for command in commands():
            self.assertIn(command, shown)
        shown = self.complete("plotmill run --")
        for option in options("run"):
            if option.startswith("--"):
                self.assertIn(option, shown)
        self.assertIn("job.json", self.complete("plotmill run job."))
        self.assertIn("draw_lines", self.complete("plotmill stages dr"))
        self.assertIn("--graph dot", self.complete("plotmill check --graph d"))

    def test_the_script_has_no_fault_of_syntax(self):
        need("zsh", "zsh")
        result = subprocess.run(["zsh", "-n", self.script("zsh", "_plotmill")], check=False, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


class ManPage(InFolder):
    def test_it_has_every_command_option_and_stage(self):
        page = output("man")
        self.assertIn(f'"plotmill {VERSION}"', page.splitlines()[0])
        plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")
        sections = dict(re.findall(r"^\.SS plotmill (\w+)(.*?)(?=^\.S[SH])", plain, re.MULTILINE | re.DOTALL))
        self.assertEqual(list(sections), commands())
        common = plain.split("\n.SH OPTIONS\n")[1].split("\n.SH")[0]
        for option in options():
            self.assertRegex(common, rf"(?m)^(.*, )?{option}\b")
        for command, section in sections.items():
            for option in options(command):
                with self.subTest(command=command, option=option):
                    self.assertRegex(common if option in ("-h", "--help") else section, rf"(?m)^(.*, )?{option}\b")
        for line in output("stages").splitlines():
            self.assertIn(f".TP\n{line.split()[0]}\n", plain)

    def test_groff_has_no_warning(self):
        need("groff", "groff-base")
        result = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=output("man"), check=False,
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertGreater(len(result.stdout.splitlines()), 60)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
