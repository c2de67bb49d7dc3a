"""What a real shell offers while somebody types, after it has read `ml-assets completion`."""

import os
import shutil
import subprocess
import sys

import pytest

from ml_assets_tests.conftest import REPO

LINES = {
    "": {"run", "backfill", "completion", "score"},
    "ba": {"backfill"},
    "env ": {"list", "diff"},
    "run --model-v": {"--model-version"},
    "run --model-version ": {"v1", "v2", "v3"},
    "run --preset ": {"north_daily", "south"},
    "run --environment gr": {"green"},
    "run --pipeline dem": {"demand"},
    "run --pipeline demand --me": {"--method"},
    "run --pipeline demand --method n": {"naive"},
    "promote 0123456789ab --to ": {"blue", "green"},
    "list --asset tr": {"training_set"},
    "run --params my_": {"my_run.toml"},
}
BASH = """
source <(ml-assets completion bash)
while IFS= read -r line; do
  COMP_LINE="ml-assets $line"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
  _python_argcomplete ml-assets
  echo "${COMPREPLY[@]}"
done
"""
FISH = """
ml-assets completion fish | source
while read --line line
  echo (complete --do-complete "ml-assets $line" | string split --fields 1 \\t)
end
"""


@pytest.fixture
def place(tmp_path):
    program = tmp_path / "bin" / "ml-assets"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ml_assets.cli.main "$@"\n')
    program.chmod(0o755)
    (tmp_path / "presets").mkdir()
    for name in ("north_daily", "south"):
        (tmp_path / "presets" / f"{name}.toml").write_text("")
    (tmp_path / "my_run.toml").write_text("")
    return tmp_path


def offered(shell, place, lines, *words, **more):
    """What the shell offers for each line, in order."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    done = subprocess.run(
        [shell, *words],
        input="".join(f"{line}\n" for line in lines),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")},
            "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPO),
            "HOME": str(place),
            "TERM": "dumb",
            **more,
        },
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return [{*line.split()} for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("shell", "script"), {"bash": BASH, "fish": FISH}.items())
def test_a_shell_offers_commands_flags_and_values(shell, script, place):
    found = offered(shell, place, LINES, "-c", script)

    for line, wanted, got in zip(LINES, LINES.values(), found, strict=True):
        assert wanted <= got, line
        assert line == "" or got == wanted, line


def test_zsh_takes_the_script_and_offers_what_it_says(place):
    program = """
    autoload -U compinit && compinit -u -D
    source <(ml-assets completion zsh)
    print -r -- ${_comps[ml-assets]}
    _describe() { print -r -- ${(P)2} }
    words=(ml-assets ba) BUFFER='ml-assets ba' CURSOR=12 _python_argcomplete
    """

    function, commands = offered("zsh", place, (), "-f", "-c", program)

    assert function == {"_python_argcomplete"}
    assert {word.partition(":")[0] for word in commands} >= {"backfill"}


def test_a_line_with_settings_or_a_pipeline_that_cannot_be_used_still_completes(place):
    (place / "ml_assets.toml").write_text("nonsense = 1\n")

    found = offered("bash", place, ["run --pipeline nowhere --model-version v", "run --preset "], "-c", BASH)

    assert found == [{"v1", "v2", "v3"}, set()]


def test_a_shell_that_is_none_is_refused(capsys):
    from ml_assets.cli.main import main

    assert main(["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err
