"""A jobs file is checked whole before anything runs: every fault with its line, all of them at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.advice import parse_duration
from pipeline.errors import ConfigError, MappingError
from pipeline.mapping import read_mapping
from pipeline.names import did_you_mean
from pipeline.nightly.jobs import LONGEST, Account, Job, Jobs, files_of, known_keys, place_of
from pipeline.nightly.keys import Entry, Secret
from pipeline.nightly.lines import Lines, Place, with_lines
from pipeline.nightly.told import Mail, Tell, Url

_Model = TypeVar("_Model", bound=BaseModel)
_TOP: Final = ("output", "parallel", "longest", "accounts", "tell", "defaults", "jobs")
#: What may stand under `defaults:`: what every job has a mind of its own about may not.
_OWN: Final = ("name", "inbox", "pattern", "files")
#: The parts whose keys are known, by the last key of their name; a secret and an address on the web are the same.
_PARTS: Final[dict[str, type[BaseModel]]] = {
    "mail": Mail, "webhook": Url, "ping": Url, "keyring": Entry,
    "key": Secret, "password": Secret, "url": Secret, "inbox": Secret, "secret": Secret,
}  # fmt: skip


def read_jobs(path: Path, only: Sequence[str] = (), *, secrets: bool = True) -> Jobs:
    """The jobs file at `path`. `only`: the jobs of these names; `secrets`: whether every key is there is looked up.

    Raises ConfigError, which lists every fault with its line; of a secret it names the place alone.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"the jobs file {path} cannot be read: {error.strerror or error}", "examples/jobs.yaml is one"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"the jobs file {path} is not text in UTF-8", "save it again as UTF-8") from None
    checker = _Checker(with_lines(text, str(path)), path.resolve().parent)
    jobs = checker.jobs_of(path.resolve(), only, secrets=secrets)
    if checker.faults:
        listed = [f"line {line}: {words}" for line, words in sorted(set(checker.faults))]
        said = listed[0] if len(listed) == 1 else "\n" + "\n".join(f"  - {one}" for one in listed)
        raise ConfigError(f"{path}: {said}", "docs/nightly.md has every key")
    if strangers := [name for name in only if name not in {job.name for job in jobs.jobs}]:
        near = did_you_mean(strangers[0], [job.name for job in jobs.jobs])
        raise ConfigError(f"{path} has no job {strangers[0]!r}{near}", "--list shows the jobs")
    return jobs


class _Checker:
    """Collects faults while a jobs file becomes data; what is faulty is left out of it."""

    def __init__(self, found: Lines, folder: Path) -> None:
        self.found, self.folder = found, folder
        self.faults: list[tuple[int, str]] = list(found.twice)
        self._names: dict[int, str] = {}

    def jobs_of(self, path: Path, only: Sequence[str], *, secrets: bool) -> Jobs:
        data = self.found.data if isinstance(self.found.data, dict) else {}
        if not data.get("jobs") or not isinstance(data["jobs"], list):
            self.fault(("jobs",), "there are no jobs: `jobs:` is a list of them, each with a `- name:`")
        for key in data:
            if key not in _TOP:
                self.fault((key,), f"unknown key {key!r}{did_you_mean(key, _TOP)}")
        accounts = self._accounts(data.get("accounts"))
        jobs = self._jobs(data.get("defaults"), data.get("jobs"))
        tell = self.model(Tell, data.get("tell") or {}, ("tell",)) or Tell()
        whole = Jobs(
            path, self.folder / Path(data.get("output") or "output").expanduser(), accounts,
            tuple(job for _place, job in jobs), tell, self._parallel(data.get("parallel", "1")), self._longest(data),
        )  # fmt: skip
        chosen = [(place, job) for place, job in jobs if not only or job.name in only]
        self._check_together(jobs, accounts, declared=data.get("accounts"))
        if secrets:
            self._check_secrets({job.account for _place, job in chosen}, accounts, tell)
        return whole

    def fault(self, place: Place, words: str) -> None:
        self.faults.append((self.found.line(place), words))

    def model(self, kind: type[_Model], data: Any, place: Place, default: Place = ()) -> _Model | None:
        """A part of the file, without what is faulty in it; `default` is where what is not at `place` comes from."""
        wrong = set[object]()
        if isinstance(data, dict):  # a key with nothing behind it is as good as absent
            data = {key: value for key, value in data.items() if value != ""}
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                wrong.add(next(iter(one["loc"]), None))
                common = (*default, *one["loc"][:1])
                there = place if not default or common not in self.found.lines else default
                there = place if (*place, *one["loc"][:1]) in self.found.lines else there
                self.fault((*there, *one["loc"]), self._words(kind, one, there))
        # The rest is checked as well, where there is enough of it.
        rest = {key: value for key, value in data.items() if key not in wrong} if isinstance(data, dict) else {}
        try:
            return kind.model_validate(rest)
        except ValidationError:
            return None

    def _words(self, kind: type[BaseModel], error: Any, place: Place) -> str:
        where = [str(one) for one in (*self._called(place), *error["loc"]) if not isinstance(one, int)]
        if error["type"] == "extra_forbidden":
            model = _PARTS.get(where[-2], kind) if len(error["loc"]) > 1 else kind
            near = did_you_mean(where[-1], known_keys(model))
            return f"{', '.join(where[:-1])}: unknown key {where[-1]!r}{near}"
        if error["type"] == "model_type":
            # It is as good as certain that somebody wrote a secret there.
            return f"{', '.join(where)}: name a place, as {{env: VARIABLE}} or {{file: PATH}}"
        said = "is missing" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
        return f"{', '.join(where)}: {said}"

    def _called(self, place: Place) -> tuple[str, ...]:
        """The names of a place; an entry of a list by its own name."""
        if place[:1] == ("jobs",) and len(place) > 1 and isinstance(place[1], int):
            return (self._names.get(place[1]) or f"job {place[1] + 1}",)
        return tuple(str(one) for one in place)

    def _parallel(self, value: object) -> int:
        text = str(value)
        if text.isascii() and text.isdigit() and 1 <= int(text) <= 64:
            return int(text)
        self.fault(("parallel",), f"parallel: {text!r} is no number of jobs from 1 to 64")
        return 1

    def _longest(self, data: dict[str, Any]) -> float:
        seconds = LONGEST
        if text := data.get("longest"):
            try:
                seconds = parse_duration(str(text), "longest")
            except ConfigError as error:
                self.fault(("longest",), f"{error.message}; {error.hint}")
        return seconds

    # ------------------------------------------------------------------ the parts

    def _accounts(self, data: object) -> dict[str, Account]:
        if not isinstance(data, dict) or not data:
            self.fault(("accounts",), "there are no accounts: `accounts:` has a name and what is under it for each")
            return {}
        found = {}
        for name, one in data.items():
            place = ("accounts", name)
            account = self.model(Account, one, place)
            if account:
                found[name] = account
                self._check(place, lambda: account.settings(self.folder).address(), f"accounts, {name}: ")  # noqa: B023
        return found

    def _jobs(self, defaults: object, data: object) -> list[tuple[Place, Job]]:
        common = defaults if isinstance(defaults, dict) else {}
        if defaults and not common:
            self.fault(("defaults",), "`defaults:` has keys of a job under it")
        for key in [one for one in common if one in _OWN]:
            self.fault(("defaults", key), f"defaults: {key!r} is each job's own")
        common = {key: value for key, value in common.items() if key not in _OWN}
        found: list[tuple[Place, Job]] = []
        for number, one in enumerate(data if isinstance(data, list) else ()):
            place = ("jobs", number)
            if not isinstance(one, dict):
                self.fault(place, f"job {number + 1} has no keys; each job begins with `- name:`")
                continue
            self._names[number] = str(one.get("name") or "")
            if job := self.model(Job, common | one, place, ("defaults",)):
                found.append((place, job))
        return found

    # ------------------------------------------------------------------ what has to fit together

    def _check_together(self, jobs: list[tuple[Place, Job]], accounts: dict[str, Account], declared: object) -> None:
        known = list(declared) if isinstance(declared, dict) else []
        for name, account in accounts.items():
            self._check_files(("accounts", name), f"accounts, {name}", account.suppress)
        for place, job in jobs:
            if job.account not in known:
                near = did_you_mean(job.account, known)
                self._of(place, "account", job, f"there is no account {job.account!r}{near}")
            self._check_files(place, job.name, job.suppress)
            self._check_mapping(place, job)
            self._check_policies(place, job)
            self._check_folders(place, job)
        for (_first, one), (place, other) in combinations(jobs, 2):
            if one.name == other.name:
                self._of(place, "name", other, "another job has this name")
            elif self._same_inbox(one, other) and one.pattern.may_meet(other.pattern):
                self._of(place, "pattern", other, f"job {one.name} would take the same files ({one.pattern.text})")

    def _of(self, place: Place, key: str, job: Job, words: str) -> None:
        at = (*place, key) if (*place, key) in self.found.lines else ("defaults", key)
        self.fault(at if at in self.found.lines else place, f"{job.name}, {key}: {words}")

    def _check(self, place: Place, check: Any, before: str = "") -> None:
        """A check that raises what is wrong."""
        try:
            check()
        except ConfigError as error:
            self.fault(place, f"{before}{error.message}; {error.hint}" if error.hint else f"{before}{error.message}")

    def _check_mapping(self, place: Place, job: Job) -> None:
        try:
            mapping, _text = read_mapping(self.folder / job.mapping)
        except MappingError as error:
            self._of(place, "mapping", job, error.message)
        else:
            if not (job.campaign or mapping.campaign):
                self._of(place, "campaign", job, f"is missing, and {job.mapping} names none either")

    def _check_policies(self, place: Place, job: Job) -> None:
        if job.canary and not job.canary_min_accept:
            self._of(place, "canary", job, "nobody is there to be asked at night: say canary_min_accept, as 80%")
        if job.canary_min_accept and not job.canary:
            self._of(place, "canary_min_accept", job, "judges the canary: it needs `canary: N`")
        if job.header_row and job.no_header:
            self._of(place, "no_header", job, "excludes header_row")

    def _check_folders(self, place: Place, job: Job) -> None:
        from pipeline.load.remote import is_remote

        if job.inbox.secret and job.inbox.secret.env == "":
            self._check((*place, "inbox"), lambda: job.inbox.read(self.folder), f"{job.name}, inbox: ")
        try:
            where, files = place_of(self.folder, job), files_of(self.folder, job)
        except ConfigError as error:
            self._of(place, "inbox", job, f"{error.message}; {error.hint}")
            return
        if is_remote(where):
            return
        if not Path(where).is_dir():
            self._of(place, "inbox", job, f"there is no folder {where}; make it, or correct the path")
        elif not _one_disk(Path(where), files):
            self._of(place, "files", job, f"{files} is on another disk than the inbox: files are moved, not copied")

    def _same_inbox(self, one: Job, other: Job) -> bool:
        try:
            first, second = place_of(self.folder, one), place_of(self.folder, other)
        except ConfigError:
            return False
        return first.rstrip("/") == second.rstrip("/") or os.path.realpath(first) == os.path.realpath(second)

    def _check_files(self, place: Place, called: str, names: Sequence[str]) -> None:
        for name in names:
            if not (self.folder / Path(name).expanduser()).is_file():
                self.fault((*place, "suppress"), f"{called}, suppress: there is no file {name}")

    def _check_secrets(self, used: set[str], accounts: dict[str, Account], tell: Tell) -> None:
        for name, account in accounts.items():
            if name in used:
                place = ("accounts", name, "key")
                self._check(place, lambda: account.key.read(self.folder), f"accounts, {name}, key: ")  # noqa: B023
        for name in ("mail", "webhook", "ping"):
            one = Tell(**{name: getattr(tell, name)})
            self._check(("tell", name), lambda: one.channels(self.folder), "")  # noqa: B023


def _one_disk(inbox: Path, files: Path) -> bool:
    """Whether a file can be moved from one to the other in one step."""
    there = next(one for one in (files, *files.parents) if one.exists())
    return inbox.stat().st_dev == there.stat().st_dev
