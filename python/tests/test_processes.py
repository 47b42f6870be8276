"""The command, and processes that fork."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey

COMMAND = str(Path(sysconfig.get_path("scripts"), "modelcrypt"))


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [str(argument) for argument in arguments], capture_output=True, text=True, timeout=120, **options
    )


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *arguments)


@pytest.mark.parametrize("command", [[COMMAND], [sys.executable, "-m", "modelcrypt"]])
def test_the_command_is_the_command_line(models: Path, key_file: Path, command: list[str]) -> None:
    assert run(*command, "--version").stdout.split() == ["modelcrypt", modelcrypt.__version__]
    sealed = run(*command, "encrypt", models, "--key-file", key_file, "--json")
    assert sealed.returncode == 0, sealed.stderr
    assert json.loads(sealed.stdout)["summary"]["exit_code"] == 0
    modelcrypt.verify_dir(models, key_file)
    assert run(*command, "verify", models).returncode == 3
    assert run(*command, "verify").returncode == 2
    assert run(*command, "verify", models, env={**os.environ, "MODELCRYPT_KEY": key_file.read_text()}).returncode == 0


def test_the_command_reads_and_writes_pipes(key_file: Path) -> None:
    plaintext = os.urandom(300_000)
    seal, open_ = [[COMMAND, verb, "-", "--key-file", str(key_file)] for verb in ("encrypt", "decrypt")]
    sealed = subprocess.run(seal, input=plaintext, capture_output=True, check=True).stdout
    assert subprocess.run(open_, input=sealed, capture_output=True, check=True).stdout == plaintext


@pytest.mark.parametrize(("name", "code"), [("INT", 130), ("TERM", 143)])
def test_the_command_heeds_its_signals(models: Path, key_file: Path, name: str, code: int) -> None:
    # The key command is a child of the program: it sends the signal at a known moment.
    command = f"kill -{name} $PPID; cat '{key_file}'"
    stopped = run(COMMAND, "encrypt", models, "--key-command", command)
    assert stopped.returncode == code
    assert "interrupted" in stopped.stderr and "Traceback" not in stopped.stderr
    assert (models / "model.safetensors").exists()


def test_a_fork_has_threads_of_its_own(models: Path, key_file: Path) -> None:
    code = """
        import os, sys, modelcrypt
        models, key = sys.argv[1:]
        modelcrypt.encrypt_dir(models, key)
        child = os.fork()
        if child == 0:
            modelcrypt.verify_dir(models, key)
            assert modelcrypt.open_bytes(modelcrypt.seal_bytes(bytes(1 << 20), key), key)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        modelcrypt.verify_dir(models, key)
    """
    assert python(code, models, key_file).returncode == 0


def test_functions_run_in_other_processes(models: Path, key_file: Path) -> None:
    code = """
        import sys, modelcrypt
        from concurrent.futures import ProcessPoolExecutor
        from pathlib import Path
        models, key = map(Path, sys.argv[1:])
        with ProcessPoolExecutor(2) as pool:
            paths = [models / "model.safetensors", models / "tiny"]
            print(list(pool.map(modelcrypt.encrypt_dir, paths, [key, key])))
            sealed = models / "model.safetensors.enc"
            sealed.write_bytes(sealed.read_bytes()[:-1])
            try:
                pool.submit(modelcrypt.verify_dir, models, key).result()
            except modelcrypt.Truncated as error:
                print(type(error.report.failures[0].error).__name__)
    """
    done = python(code, models, key_file)
    assert done.stdout.splitlines() == ["[Report(1 encrypted), Report(1 encrypted)]", "Truncated"], done.stderr


def test_importing_the_package_imports_no_framework() -> None:
    code = """
        import sys, modelcrypt
        print(sorted({"numpy", "torch", "safetensors", "tqdm", "ml_dtypes"} & set(sys.modules)))
    """
    assert python(code).stdout.strip() == "[]"


def test_a_key_never_reaches_an_error_output(models: Path, key: MasterKey) -> None:
    code = """
        import sys, modelcrypt
        key = modelcrypt.MasterKey.parse(sys.stdin.read())
        try:
            modelcrypt.encrypt_dir(sys.argv[1], key.expose())
        finally:
            modelcrypt.rewrap(sys.argv[1], key, key)
    """
    done = run(sys.executable, "-c", textwrap.dedent(code), models, input=key.expose())
    assert done.returncode == 1 and "InvalidInput" in done.stderr
    assert key.expose() not in done.stdout + done.stderr
