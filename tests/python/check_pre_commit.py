"""Runs the hook under the real pre-commit: it stops a commit with a secret in it, and lets one without pass.

Usage: check_pre_commit.py MODELCRYPT (the program), with `pre-commit` installed beside this Python.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# In two pieces: this file is scanned too.
TOKEN = "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"


def git(folder: pathlib.Path, *arguments: str) -> None:
    identity = ["-c", "user.name=check", "-c", "user.email=check@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit_all(folder: pathlib.Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "all")


def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        hooks, project = folder / "hooks", folder / "project"
        for repository in (hooks, project):
            repository.mkdir()
            git(repository, "init", "-q")
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        commit_all(hooks)
        (project / "clean.py").write_text("answer = 42\n")
        commit_all(project)

        environment = dict(os.environ, HOME=name, PRE_COMMIT_HOME=str(folder / "cache"))
        environment["PATH"] = f"{pathlib.Path(program).resolve().parent}{os.pathsep}{os.environ['PATH']}"
        hook = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "modelcrypt-scan"]

        def run() -> tuple[int, str]:
            git(project, "add", "--all")
            done = subprocess.run(hook, cwd=project, env=environment, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        (project / "clean.py").write_text("answer = 43\n")
        code, said = run()
        assert code == 0 and "Passed" in said, said
        (project / "leak.py").write_text(f'token = "{TOKEN}"\n')
        code, said = run()
        assert code == 1 and "Failed" in said and "leak.py" in said, said
        assert TOKEN not in said, "the report shows the secret"
    print("pre-commit: a clean commit passes, one with a secret does not")


if __name__ == "__main__":
    main(sys.argv[1])
