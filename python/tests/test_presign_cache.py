"""Signed URLs are handed out again, and the function that gives the signer runs as Python functions should."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

import modelcrypt
from modelcrypt.presign import AwsCredentials, PresignCache, S3Signer


def signer(access_key_id: str = "AKID", expires_at: datetime | None = None) -> S3Signer:
    return S3Signer(AwsCredentials(access_key_id, "secret", expires_at=expires_at), region="eu-west-1")


def test_a_url_is_handed_out_again() -> None:
    cache = PresignCache(signer(), expires=timedelta(hours=1))
    first = cache.url("s3://models/a")
    assert cache.url("s3://models/a").expose() == first.expose()
    others = [
        cache.url("s3://models/b"),
        cache.url("s3://models/a", "PUT"),
        cache.url("s3://models/a", version_id="1"),
        cache.url("s3://models/a", headers={"range": "bytes=0-1"}),
        cache.url("s3://models/a", query={"response-content-type": "a/b"}),
    ]
    assert len({url.expose() for url in [first, *others]}) == len(cache) == 6
    assert cache.sweep() == 6
    cache.invalidate()
    assert len(cache) == 0 and cache


def test_a_cache_is_bounded_and_gives_no_short_lived_url() -> None:
    cache = PresignCache(signer(), capacity=8)
    for number in range(50):
        cache.url(f"s3://models/{number}")
    assert len(cache) <= 8
    soon = datetime.now(UTC) + timedelta(seconds=20)
    with pytest.raises(modelcrypt.Unavailable):
        PresignCache(signer(expires_at=soon)).url("s3://models/a")
    with pytest.raises(modelcrypt.InvalidInput):
        PresignCache(signer(), capacity=0)
    with pytest.raises(TypeError, match="not str"):
        PresignCache("signer")  # type: ignore[arg-type]


def test_one_thread_asks_and_all_others_wait_without_blocking_it() -> None:
    asked = 0
    barrier = threading.Barrier(16)

    def source() -> S3Signer:
        nonlocal asked
        asked += 1
        # Gives the GIL to those that wait.
        time.sleep(0.05)
        return signer()

    cache = PresignCache(source)

    def url(_: int) -> str:
        barrier.wait()
        return cache.url("s3://models/a").expose()

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(url, range(16)))) == 1
    assert asked == 1


def test_a_new_credential_drops_the_urls_of_the_one_before() -> None:
    current = signer("OLD")
    asked = 0

    def source() -> S3Signer:
        nonlocal asked
        asked += 1
        return current

    cache = PresignCache(source)
    assert "OLD" in cache.url("s3://models/a").expose()
    assert "OLD" in cache.url("s3://models/b").expose()
    current = signer("NEW")
    assert "OLD" in cache.url("s3://models/a").expose(), "nobody has asked yet"
    assert "NEW" in cache.url("s3://models/c").expose()
    assert "NEW" in cache.url("s3://models/a").expose()
    assert "NEW" in cache.url("s3://models/b").expose()
    assert asked == 5
    cache.url("s3://models/a")
    assert asked == 5


def test_what_the_function_raises_is_raised_and_not_kept_for_others() -> None:
    class Away(Exception):
        pass

    raised: list[BaseException] = [Away("token service"), KeyboardInterrupt()]

    def source() -> S3Signer:
        if raised:
            raise raised.pop(0)
        return signer()

    cache = PresignCache(source)
    with pytest.raises(Away, match="token service"):
        cache.url("s3://models/a")
    with pytest.raises(KeyboardInterrupt):
        cache.url("s3://models/a")
    assert cache.url("s3://models/a").methods == ("GET",)
    with pytest.raises(TypeError, match="not NoneType"):
        PresignCache(lambda: None).url("s3://models/a")  # type: ignore[arg-type, return-value]


def test_who_is_interrupted_is_interrupted_alone() -> None:
    begun, waiting = threading.Event(), threading.Event()
    interrupts = [KeyboardInterrupt()]

    def source() -> S3Signer:
        if interrupts:
            begun.set()
            waiting.wait()
            # Those that wait have come to where they wait.
            time.sleep(0.05)
            raise interrupts.pop()
        return signer()

    cache = PresignCache(source)

    def interrupted() -> type[BaseException] | None:
        try:
            cache.url("s3://models/a")
        except KeyboardInterrupt as error:
            return type(error)
        return None

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(interrupted)
        begun.wait()
        rest = [pool.submit(interrupted) for _ in range(4)]
        waiting.set()
        assert first.result() is KeyboardInterrupt
        assert [one.result() for one in rest] == [None] * 4


def test_a_function_that_asks_its_own_cache_is_refused_and_does_not_hang() -> None:
    cache: PresignCache

    def source() -> S3Signer:
        cache.url("s3://models/b")
        return signer()

    cache = PresignCache(source)
    with pytest.raises(RuntimeError, match="same cache"):
        cache.url("s3://models/a")
    other = PresignCache(signer())

    def through_another() -> S3Signer:
        other.url("s3://models/b")
        return signer()

    assert PresignCache(through_another).url("s3://models/a").methods == ("GET",)


def test_a_forked_process_has_an_empty_cache_that_works() -> None:
    cache = PresignCache(signer())
    cache.url("s3://models/a")
    pid = os.fork()
    if pid == 0:
        is_right = len(cache) == 0 and cache.url("s3://models/a").methods == ("GET",) and len(cache) == 1
        os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(cache) == 1


def test_a_cache_that_its_own_function_refers_to_is_collected() -> None:
    class Orchestrator:
        def __init__(self) -> None:
            self.cache = PresignCache(self.signer)

        def signer(self) -> S3Signer:
            return signer()

    orchestrator = Orchestrator()
    orchestrator.cache.url("s3://models/a")
    gone = weakref.ref(orchestrator)
    del orchestrator
    gc.collect()
    assert gone() is None
