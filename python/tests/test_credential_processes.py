"""Stores used by many threads, and by processes that fork."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey
from modelcrypt.credentials import Secret, Store
from test_credentials import CANARY, audit
from threads import counted_during

# Later Pythons warn of what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def store(tmp_path: Path, key: MasterKey) -> Store:
    """A vault with one credential."""
    store = Store(tmp_path / "vault.db", key, order=["vault"])
    store.set("shared", "the first secret")
    return store


def test_threads_share_a_store_and_lose_nothing(store: Store, key_file: Path) -> None:
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        own = store if number % 2 else Store(store.vault, key_file, order=["vault"])
        barrier.wait()
        for round in range(10):
            own.set(f"own-{number}", f"secret {round} of {number}")
            own.set("shared", f"secret {round} of {number}")
            with own.get(f"own-{number}") as secret:
                assert secret.expose() == f"secret {round} of {number}"
            own.list()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [store.get(f"own-{number}").version for number in range(8)] == [10] * 8
    assert store.get("shared").version == 81
    assert audit(store, key_file, "verify")["findings"] == []


def test_threads_share_a_secret(store: Store) -> None:
    secret = store.get("shared")
    barrier = threading.Barrier(8)

    def work(number: int) -> int:
        barrier.wait()
        read = 0
        try:
            while True:
                assert secret.expose() == "the first secret"
                assert secret.record.name == "shared"
                read += 1
                if number == 0 and read == 200:
                    secret.wipe()
        except modelcrypt.InvalidInput as error:
            assert "wiped" in str(error)
        return read

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(work, range(8)))
    assert counts[0] == 200


def test_a_passphrase_is_derived_once_and_other_threads_run_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, path = tmp_path / "slow.db", tmp_path / "passphrase"
    path.touch(0o600)
    path.write_text("correct horse")
    Store(vault, path, order=["vault"]).set("x", "a secret")

    def seconds(call: Callable[[], object]) -> float:
        begin = time.process_time()
        call()
        return time.process_time() - begin

    counts: list[int] = []
    # Forgets what was derived when the vault was made.
    monkeypatch.setattr("modelcrypt._keys._last_passphrase", None)
    derived = seconds(lambda: counts.append(counted_during(lambda: Store(vault, path, order=["vault"]))))
    again = seconds(lambda: [Store(vault, path, order=["vault"]).get("x") for _ in range(5)])
    assert counts[0] > 10 and again < 2 * derived


def test_parent_and_child_use_the_store_that_was_forked(store: Store, key_file: Path) -> None:
    secret = store.get("shared")
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            status = 1
            signal.alarm(60)
            try:
                assert secret.expose() == store.get("shared", version=1).expose() == "the first secret"
                for round in range(10):
                    store.set(f"of-{number}", f"secret {round}")
                    store.set("shared", f"secret {round} of {number}")
                assert len(store.list()) >= 2
                status = 7
            finally:
                os._exit(status)
        children.append(child)
    for round in range(10):
        store.set("of-parent", f"secret {round}")
        store.list()
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [7] * 4
    assert [store.get(f"of-{number}").version for number in [0, 1, 2, 3, "parent"]] == [10] * 5
    assert store.get("shared").version == 41
    assert audit(store, key_file, "verify")["findings"] == []


def test_a_store_stays_where_it_is_when_the_program_goes_elsewhere(
    tmp_path: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("here.db", key, order=["vault"])
    store.set("x", "a secret")
    (tmp_path / "elsewhere").mkdir(0o700)
    monkeypatch.chdir("elsewhere")
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os._exit(7 if store.get("x").expose() == "a secret" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert store.get("x").expose() == "a secret"
    assert store.vault == tmp_path / "here.db"


def test_a_fork_waits_for_the_work_of_other_threads(store: Store, key_file: Path) -> None:
    is_over = threading.Event()

    def work(number: int) -> int:
        count = 0
        while not is_over.is_set():
            store.set(f"own-{number}", f"secret {count}")
            Store(store.vault, key_file, order=["vault"]).list()
            count += 1
        return count

    with ThreadPoolExecutor(3) as pool:
        counts = [pool.submit(work, number) for number in range(3)]
        codes = []
        for _ in range(20):
            child = os.fork()
            if child == 0:
                status = 1
                signal.alarm(60)
                try:
                    store.get("shared")
                    store.set("of-children", "a secret")
                    status = 7
                finally:
                    os._exit(status)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        is_over.set()
        written = [count.result() for count in counts]
    assert codes == [7] * 20
    assert [store.get(f"own-{number}").version for number in range(3)] == written
    assert store.get("of-children").version == 20
    assert audit(store, key_file, "verify")["findings"] == []


def test_a_function_that_verifies_may_fork_and_use_the_store(store: Store) -> None:
    def verify(pending: Secret) -> bool:
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(7 if store.get("shared").expose() == "the first secret" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        subprocess.run(["true"], check=True, preexec_fn=lambda: None)
        return store.get("shared", version="PENDING").expose() == pending.expose()

    assert store.rotate("shared", "the second secret", verify=verify).versions[-1].number == 2


def test_what_is_let_go_and_asked_for_in_the_middle_of_a_fork_blocks_nobody(store: Store, key_file: Path) -> None:
    code = """
        import gc, os, signal, sys
        told = []
        def in_between():
            # Here a collection can find a store that only a circle holds.
            global ring
            ring = None
            gc.collect()
            try:
                store.get("shared")
            except Exception as error:
                told.append(type(error).__name__)
        # Registered first, so it runs last before a fork.
        os.register_at_fork(before=in_between)
        from modelcrypt.credentials import Store
        store = Store(*sys.argv[1:], order=["vault"])
        ring = [Store(*sys.argv[1:], order=["vault"])]
        ring.append(ring)
        signal.alarm(60)
        child = os.fork()
        if child == 0:
            os._exit(7 if store.get("shared").expose() == "the first secret" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert told == ["Unavailable"], told
        assert store.get("shared").expose() == "the first secret"
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(store.vault), str(key_file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def read(vault: Path, key_file: Path) -> str:
    return Store(vault, key_file, order=["vault"]).get("shared").expose()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_open_it_by_its_path(store: Store, key_file: Path, method: str) -> None:
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.starmap(read, [(store.vault, key_file)] * 4)
    assert found == ["the first secret"] * 4


def test_a_store_that_is_gone_or_closed_leaves_the_vault_to_others(store: Store, key_file: Path) -> None:
    for _ in range(50):
        Store(store.vault, key_file, order=["vault"]).get("shared")
    store.close()
    store.close()
    assert not Path(f"{store.vault}-wal").exists(), "the last connection was closed"
    with Store(store.vault, key_file) as again:
        assert again.get("shared").expose() == "the first secret"
    assert modelcrypt.credentials.Store is Store


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc")
def test_no_memory_of_the_process_holds_a_secret_that_was_wiped(store: Store, key_file: Path) -> None:
    store.set("db", f"postgres://etl:{CANARY}@db.example/main", type="db_dsn")
    store.set("aws", f'{{"secret_access_key": "{CANARY}"}}', type="aws", username="AKID")
    code = """
        import sys
        from modelcrypt import Masker
        from modelcrypt.credentials import Store
        from modelcrypt.presign import S3Signer
        store = Store(*sys.argv[1:], order=["vault"])
        with store.get("db") as db, store.get("aws") as aws:
            lent = db.field("password").expose_bytearray()
            signer = S3Signer(aws, region="eu-west-1")
            print("held", flush=True)
            input()
        signer = None
        store.rotate("aws", generate=32, verify=lambda pending: len(pending.expose_bytearray()) == 32)
        store.get("db", version=1)
        print("wiped", len(lent), flush=True)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(store.vault), str(key_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert times_in_memory(process.pid, CANARY.encode()) >= 3
        process.stdin.write("\n")
        assert process.stdout.readline() == f"wiped {len(CANARY)}\n"
        assert times_in_memory(process.pid, CANARY.encode()) == 0
        process.stdin.write("\n")


def times_in_memory(pid: int, text: bytes) -> int:
    """How often the memory of a process holds a text."""
    count = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line:
                continue
            try:
                memory.seek(start)
                count += memory.read(end - start).count(text)
            except OSError:
                continue
    return count
