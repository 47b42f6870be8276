"""The verbs on model directories. They release the GIL, use all processors, and heed Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from . import _modelcrypt
from ._errors import Error, InvalidInput, NoKey, PolicyViolation, Unsupported, gravest
from ._keys import KeyArgument, key_of
from ._modelcrypt import MasterKey
from ._progress import Callback, ProgressArgument, heard_by
from ._reports import Report, StatusReport

StrPath = str | os.PathLike[str]
Paths = StrPath | Iterable[StrPath]
Globs = str | Iterable[str]


def encrypt_dir(
    path: Paths,
    key: KeyArgument = None,
    *,
    include: Globs = (),
    exclude: Globs = (),
    all_files: bool = False,
    keep: bool = False,
    output: StrPath | None = None,
    update: bool = False,
    checksum: Literal["plaintext", "none", "both"] = "plaintext",
    publish_sha256: bool = False,
    iterations: int | None = None,
    follow: bool = False,
    allow_hardlinks: bool = False,
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> Report:
    """Seals the model files at ``path``, a directory, a file, or several of them.

    Each plaintext is replaced by ``NAME.enc`` and a sidecar once the sealed file has been read back and
    authenticated. With ``keep`` the plaintexts stay; with ``output`` the results go to another directory, with all
    other files copied along, and the source stays as it is. A run that was killed is finished by the next one.

    :param key: a :class:`MasterKey`, the path of a key file, or ``None``: the key that the command line finds.
    :param include: globs that choose files inside directories, in place of the usual patterns.
    :param exclude: globs that leave files out.
    :param all_files: take every file, whatever its name.
    :param update: seal a plaintext anew that was changed since it was sealed.
    :param checksum: which checksums are made; ``"both"`` adds one of the sealed bytes that anybody can check.
    :param publish_sha256: write the plaintext's SHA-256 into the sidecar, in the open.
    :param iterations: of PBKDF2, where the key is a passphrase; 100,000 to 10,000,000.
    :param follow: seal the files that links inside the tree point to, and make the links follow.
    :param allow_hardlinks: take files that have other names too.
    :param config: a configuration to go by, not by the directory's ``.modelcrypt.toml``.
    :param jobs: threads; ``None`` for one on each processor.
    :param progress: a callable ``(bytes_done, bytes_total, finished_path_or_none)``, or ``True`` for a tqdm bar.
    :raises Error: of the gravest failure if a file failed, with all outcomes in its ``report``: one failing file
        does not stop the others.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> sorted(path.name for path in models.iterdir())
    ['config.json', 'model.safetensors.enc', 'model.safetensors.enc.json']
    """
    options = {
        "keep": keep,
        "output": output,
        "update": update,
        "checksum": checksum,
        "publish_sha256": publish_sha256,
        "iterations": iterations,
        "follow": follow,
        "allow_hardlinks": allow_hardlinks,
    }
    master = key_of(key, config)
    with heard_by(progress) as callback:
        asked = job(path, include, exclude, config, jobs, callback, all_files=all_files)
        return concluded(_modelcrypt.encrypt_dir(asked, master, options))


def decrypt_dir(
    path: Paths,
    key: KeyArgument = None,
    *,
    include: Globs = (),
    exclude: Globs = (),
    keep: bool = False,
    output: StrPath | None = None,
    require_memory_backed: bool = False,
    follow: bool = False,
    allow_renamed: bool = False,
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> Report:
    """Gives the plaintexts back: each sealed file is replaced by its plaintext once that is whole and safe.

    The parameters are those of :func:`encrypt_dir`.

    :param require_memory_backed: raise :exc:`PolicyViolation` unless ``output`` lies in memory that cannot be swapped.
    :param allow_renamed: take files that were sealed under another name.
    :raises Error: of the gravest failure if a file failed, with all outcomes in its ``report``.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> decrypt_dir(models, key="prod.key")
    Report(1 decrypted)
    """
    options = {"keep": keep, "output": output, "follow": follow, "allow_renamed": allow_renamed}
    if require_memory_backed:
        _check_memory(output)
    master = key_of(key, config)
    with heard_by(progress) as callback:
        asked = job(path, include, exclude, config, jobs, callback)
        return concluded(_modelcrypt.decrypt_dir(asked, master, options))


def verify_dir(
    path: Paths,
    key: KeyArgument = None,
    *,
    include: Globs = (),
    exclude: Globs = (),
    allow_renamed: bool = False,
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> Report:
    """Authenticates every chunk, header and sidecar; writes nothing.

    The parameters are those of :func:`decrypt_dir`.

    :raises Error: of the gravest failure if a file failed, with all outcomes in its ``report``.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> verify_dir(models, key="prod.key")
    Report(1 verified)
    """
    master = key_of(key, config)
    with heard_by(progress) as callback:
        asked = job(path, include, exclude, config, jobs, callback)
        return concluded(_modelcrypt.verify_dir(asked, master, allow_renamed))


def status(
    path: Paths,
    key: KeyArgument = None,
    *,
    check: bool = False,
    include: Globs = (),
    exclude: Globs = (),
    config: StrPath | None = None,
) -> StatusReport:
    """Tells how each file stands; reads headers and sidecars only, and works without a key.

    :param key: as for :func:`encrypt_dir`; one that is found and cannot be used is a notice.
    :param check: raise :exc:`PolicyViolation` if a file is plaintext that the policy wants sealed.

    >>> status(models).files[0].state
    'plaintext'
    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> status(models)
    StatusReport(1 sealed)
    """
    master, notice = _key_for_looking(key, config)
    asked = job(path, include, exclude, config)
    report: StatusReport = _modelcrypt.status(asked, master)
    if notice:
        report = StatusReport(report.files, (*report.notices, notice))
    exposed = [file for file in report.files if "encrypt" in file.due]
    if check and exposed:
        error = PolicyViolation(f"{exposed[0].path}{_and_more(len(exposed))} must not be plaintext")
        error.path = exposed[0].path
        raise error
    return report


def rewrap(
    path: Paths,
    new_key: KeyArgument,
    key: KeyArgument = None,
    *,
    stage: Literal["add", "drop"] | None = None,
    only: bool = False,
    allow_renamed: bool = False,
    iterations: int | None = None,
    include: Globs = (),
    exclude: Globs = (),
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> Report:
    """Makes ``new_key`` open every file, and ``key``, the present one, none. File keys and payloads stay.

    Takes the same time whatever the files' size. No file loses its old key before all are proven to open with the
    new one; if a file cannot be rewrapped, nothing is written.

    :param stage: one stage only, for fleets: ``"add"`` the new key everywhere, later ``"drop"`` the old one.
    :param only: drop every key but the new one, other people's included.
    :raises Error: of the gravest failure if a file failed, with all outcomes in its ``report``.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> MasterKey.generate().save("next.key")
    >>> rewrap(models, "next.key", key="prod.key")
    Report(1 rewrapped)
    """
    if new_key is None:
        raise TypeError("new_key is a MasterKey or the path of a key file")
    options = {"stage": stage, "only": only, "allow_renamed": allow_renamed, "iterations": iterations}
    old, new = key_of(key, config), key_of(new_key)
    with heard_by(progress) as callback:
        asked = job(path, include, exclude, config, jobs, callback)
        return concluded(_modelcrypt.rewrap(asked, old, new, options))


def reencrypt(
    path: Paths,
    key: KeyArgument = None,
    *,
    new_key: KeyArgument = None,
    allow_renamed: bool = False,
    iterations: int | None = None,
    include: Globs = (),
    exclude: Globs = (),
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> Report:
    """Seals every file anew under a new file key, for when one may have leaked.

    :param new_key: the master key to go over to; ``None`` keeps the present one.
    :raises Error: of the gravest failure if a file failed, with all outcomes in its ``report``.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> reencrypt(models, key="prod.key")
    Report(1 reencrypted)
    """
    options = {"allow_renamed": allow_renamed, "iterations": iterations}
    old, new = key_of(key, config), None if new_key is None else key_of(new_key)
    with heard_by(progress) as callback:
        asked = job(path, include, exclude, config, jobs, callback)
        return concluded(_modelcrypt.reencrypt(asked, old, new, options))


def sweep(path: Paths = ".") -> Report:
    """Removes what killed runs have left in directories: temporaries go, files renamed aside get their names back.

    Needs no key, and every other verb does the same in the directories it works on.

    Directories go too that a :func:`temporary_decrypt` has left whose process was killed: in the places where they
    are made, and in ``path``.

    >>> sweep(models)
    Report(no file)
    """
    asked = job(path)
    report: Report = _modelcrypt.sweep(asked)
    if hasattr(_modelcrypt, "sweep_guards"):
        guards = _modelcrypt.sweep_guards(asked["paths"])
        report = Report(report.files + guards.files, report.notices)
    return concluded(report)


def job(
    path: Paths,
    include: Globs = (),
    exclude: Globs = (),
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: Callback | None = None,
    *,
    all_files: bool = False,
) -> dict[str, Any]:
    """What the native half is told of the files that it is to work on, and how."""
    if jobs is not None and jobs < 1:
        raise InvalidInput("jobs is at least 1")
    return {
        "paths": [Path(path)] if isinstance(path, (str, os.PathLike)) else [Path(each) for each in path],
        "include": [include] if isinstance(include, str) else list(include),
        "exclude": [exclude] if isinstance(exclude, str) else list(exclude),
        "all_files": all_files,
        "config": config,
        "jobs": jobs,
        "progress": progress,
    }


def _check_memory(output: StrPath | None) -> None:
    if output is None:
        raise InvalidInput("require_memory_backed says where the output may be: name one")
    if not hasattr(_modelcrypt, "require_memory_backed"):
        raise Unsupported("this platform does not tell memory from a disk")
    path = Path(output).absolute()
    _modelcrypt.require_memory_backed(next(place for place in (path, *path.parents) if place.exists()))


def _key_for_looking(key: KeyArgument, config: StrPath | None) -> tuple[MasterKey | None, str | None]:
    if key is not None:
        return key_of(key), None
    try:
        return key_of(None, config), None
    except NoKey:
        return None, None
    except Error as error:
        return None, f"shown without a key: {error}"


def concluded(report: Report) -> Report:
    """Raises the gravest failure, if there is one."""
    failures = report.failures
    if not failures:
        return report
    cause = gravest([failure.error for failure in failures if failure.error])
    error = type(cause)(f"{cause}{_and_more(len(failures))}")
    error.path, error.report = cause.path, report
    raise error


def _and_more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
