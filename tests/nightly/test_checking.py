from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.nightly.checking import read_jobs
from pipeline.nightly.jobs import Account, Job, Jobs, known_keys
from tests.delivery import MAPPING, _clean_environment, everything_said  # noqa: F401 - an autouse fixture

TOP = Path(__file__).parents[2]
USUAL = """\
accounts:
  acme: {account: acme, key: {env: ACME_KEY}}
jobs:
  - name: solar
    account: acme
    inbox: inbox
    pattern: "*.csv"
    mapping: mapping.yaml
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_KEY", "k3y-that-nobody-may-see")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def read(folder: Path, text: str, *only: str, secrets: bool = True) -> Jobs:
    (folder / "jobs.yaml").write_text(text, encoding="utf-8")
    return read_jobs(folder / "jobs.yaml", only, secrets=secrets)


def faults(folder: Path, text: str) -> list[tuple[int, str]]:
    """The faults of a jobs file, each with its line."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert "k3y" not in everything_said(caught.value)
    assert caught.value.exit_code == 2
    found = re.findall(r"line (\d+): (.*)", caught.value.message)
    assert found, caught.value.message
    return [(int(line), words) for line, words in found]


def test_the_usual_file_is_read_with_its_defaults(folder: Path) -> None:
    jobs = read(folder, USUAL)
    (job,) = jobs.jobs
    assert (jobs.output, jobs.parallel) == (folder / "output", 1)
    assert (jobs.inbox(job), jobs.files(job)) == (str(folder / "inbox"), folder / "inbox")
    assert (job.settle, job.max_invalid, job.on_unknown, job.on_cap) == (60.0, "20%", "resolve", "stop")
    assert jobs.accounts["acme"].rate == "5/s"
    assert jobs.address(jobs.accounts["acme"]) == "https://acme.leadbyte.com"


def test_what_the_environment_says_of_another_account_is_not_this_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADBYTE_BASE_URL", "https://other.leadbyte.com")
    monkeypatch.setenv("LEADBYTE_API_KEY", "another")
    monkeypatch.setenv("LEADBYTE_READ_TIMEOUT", "7")
    settings = (jobs := read(folder, USUAL)).service_settings(jobs.accounts["acme"])
    assert settings.address() == "https://acme.leadbyte.com"
    assert settings.key() == "k3y-that-nobody-may-see"
    assert settings.read_timeout == 7


def test_defaults_are_those_of_every_job_that_says_nothing_itself(folder: Path) -> None:
    text = USUAL.replace("jobs:", "defaults: {rate: 1/s, vendor: Acme}\njobs:") + "    vendor: Other\n"
    (job,) = read(folder, text).jobs
    assert (job.rate, job.vendor) == ("1/s", "Other")


def test_a_key_with_nothing_behind_it_is_as_good_as_absent(folder: Path) -> None:
    (job,) = read(folder, USUAL + "    max_invalid:\n    rate:\n    daily_limit:\n").jobs
    assert (job.max_invalid, job.rate, job.daily_limit) == ("20%", "", None)


def test_every_fault_is_told_at_once_with_its_line(folder: Path) -> None:
    text = """\
outptu: output
parallel: none
accounts:
  acme: {account: acme, key: {env: ACME_KEY}, rate: quick}
  beta:
    key: k3y-that-nobody-may-see
    base_url: http://beta.example.com
defaults:
  max_invalid: most
jobs:
  - name: solar
    acount: acme
    account: acme
    inbox: nowhere
    pattern: "*.csv"
    mapping: none.yaml
    window: at night
    daily_limit: many
  - name: solar panels
    account: acme
    inbox: inbox
    pattern: "*.csv"
    mapping: mapping.yaml
    expect: sometimes
    max_errors: 0
    settle: soon
tell:
  mail: {from: importer@example.com}
  wehn: never
"""
    found = faults(folder, text)
    assert [(line, words) for line, words in found if line < 10] == [
        (1, "unknown key 'outptu'; did you mean 'output'?"),
        (2, "parallel: 'none' is no number of jobs from 1 to 64"),
        (4, "accounts, acme, rate: 'quick' is not a rate; write it like 5/s or 300/m: more than zero and at most "
            "1000 a second"),
        (6, "accounts, beta, key: name a place, as {env: VARIABLE} or {file: PATH}"),
        (9, "defaults, max_invalid: 'most' is neither a share nor a number; write it like 20% or 500"),
    ]  # fmt: skip
    lines = {line: words for line, words in found if line > 9}
    assert lines[12] == "solar: unknown key 'acount'; did you mean 'account'?"
    assert lines[14].startswith("solar, inbox: there is no folder"), "what is not faulty itself is checked on"
    assert lines[16].startswith("solar, mapping:")
    assert lines[17].startswith("solar, window: 'at night'")
    assert lines[18].startswith("solar, daily_limit: Input should be a valid integer")
    assert lines[19].startswith("solar panels, name: 'solar panels' is no name")
    assert lines[24].startswith("solar panels, expect: 'sometimes' is not understood")
    assert lines[25].startswith("solar panels, max_errors:")
    assert lines[26].startswith("solar panels, settle: 'soon' is not a time")
    assert lines[28] == "tell, mail, to: is missing"
    assert lines[29].startswith("tell: unknown key 'wehn'; did you mean 'when'")


def test_what_has_to_fit_together_is_checked_of_every_job(folder: Path) -> None:
    text = """\
accounts:
  acme: {account: acme, key: {env: NOT_SET}, suppress: gone.csv}
  both: {account: a/b, key: {env: ACME_KEY}}
jobs:
  - name: one
    account: amce
    inbox: nowhere
    pattern: "*.csv"
    mapping: none.yaml
  - {name: two, account: acme, inbox: inbox, pattern: "a*.csv", mapping: mapping.yaml, canary: 5}
  - {name: two, account: acme, inbox: inbox/, pattern: "*b.csv", mapping: mapping.yaml, header_row: 2,
     no_header: true}
  - {name: three, account: acme, inbox: inbox/../inbox, pattern: "*.csv", mapping: mapping.yaml}
"""
    found = faults(folder, text)
    said = "\n".join(f"{line} {words}" for line, words in found)
    assert "2 accounts, acme, key: the variable NOT_SET is not set" in said
    assert "2 accounts, acme, suppress: there is no file gone.csv" in said
    assert "3 accounts, both: LEADBYTE_ACCOUNT is not an account's name" in said
    assert "6 one, account: there is no account 'amce'; did you mean 'acme'" in said
    assert f"7 one, inbox: there is no folder {folder / 'nowhere'}" in said
    assert f"9 one, mapping: mapping file {folder / 'none.yaml'} does not exist" in said
    assert "10 two, canary: nobody is there to be asked at night" in said
    assert "11 two, name: another job has this name" in said
    assert "12 two, no_header: excludes header_row" in said
    assert "13 three, pattern: job two would take the same files (a*.csv)" in said


def test_a_mapping_names_the_campaign_or_the_job_does(folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING.replace("campaign: EXAMPLE-CAMPAIGN\n", ""), encoding="utf-8")
    assert faults(folder, USUAL) == [(4, "solar, campaign: is missing, and mapping.yaml names none either")]
    assert read(folder, USUAL + "    campaign: SOLAR-UK\n").jobs[0].campaign == "SOLAR-UK"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("jobs:\n  - name: a\n  name: b\n", 3, "not valid YAML"),
        ("jobs: []\naccounts: {}\n", 1, "there are no jobs"),
        ("", 1, "there are no jobs"),
        ("- 1\n", 1, "there are no jobs"),
        ("longest: long\n" + USUAL, 1, "longest 'long' is not a time"),
        (USUAL + "jobs: []\n", 9, "the key 'jobs' stands twice"),
        (USUAL.replace("    pattern", "    inbox: b\n    pattern"), 7, "the key 'inbox' stands twice"),
        (USUAL.replace("jobs:", "defaults: {inbox: x}\njobs:"), 3, "'inbox' is each job's own"),
        (USUAL.replace('"*.csv"', '"{date:%Q}.csv"'), 7, "solar, pattern: %Q is not known"),
        (USUAL.replace("  - name: solar\n", "  - solar\n  - name: solar\n"), 4, "job 1 has no keys"),
    ],
)
def test_a_file_that_is_no_jobs_file_says_where(folder: Path, text: str, line: int, said: str) -> None:
    (folder / "jobs.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_jobs(folder / "jobs.yaml")
    assert f"line {line}: " in caught.value.message
    assert said in caught.value.message


def test_a_file_that_cannot_be_read_is_told(folder: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_jobs(folder / "none.yaml")
    (folder / "latin.yaml").write_bytes(USUAL.replace("solar", "sol\xe4r").encode("latin-1"))
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        read_jobs(folder / "latin.yaml")


def test_keys_are_looked_for_only_where_they_are_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = USUAL.replace("jobs:", "  beta: {account: beta, key: {env: BETA_KEY}}\njobs:")
    text += '  - {name: other, account: beta, inbox: inbox, pattern: "*.xlsx", mapping: mapping.yaml}\n'
    assert faults(folder, text) == [
        (3, "accounts, beta, key: the variable BETA_KEY is not set; set BETA_KEY in the environment of the night, or "
            "in .env beside the jobs file"),
    ]  # fmt: skip
    assert len(read(folder, text, "solar").jobs) == 2
    assert len(read(folder, text, secrets=False).jobs) == 2
    with pytest.raises(ConfigError, match="has no job 'solra'; did you mean 'solar'"):
        read(folder, text, "solra")


def test_channels_that_cannot_work_are_told_with_their_line(folder: Path) -> None:
    text = USUAL + (
        "tell:\n"
        "  mail: {to: nobody, from: importer@example.com}\n"
        "  webhook: {url: http://hooks.example.com/k3y-that-nobody-may-see}\n"
        "  ping: {url: {env: PING}}\n"
    )
    assert [line for line, _words in faults(folder, text)] == [10, 11, 12]


def test_an_inbox_may_be_a_secret_address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = USUAL.replace("inbox: inbox", "inbox: {env: INBOX}")
    assert "INBOX is not set" in faults(folder, text)[0][1]
    monkeypatch.setenv("INBOX", "sftp://me:k3y@files.example.com/in")
    jobs = read(folder, text)
    assert jobs.inbox(jobs.jobs[0]) == "sftp://me:k3y@files.example.com/in"
    assert jobs.files(jobs.jobs[0]) == folder / "files" / "solar"


def blocks(document: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (TOP / document).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "text", [(TOP / "examples/jobs.yaml").read_text(encoding="utf-8"), *blocks("docs/nightly.md")]
)
def test_the_examples_are_jobs_files(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for name in ("ACME_API_KEY", "SANDBOX_KEY"):
        monkeypatch.setenv(name, "a key")
    for name in ("acme", "roofs", "first-list"):
        path = folder / "mappings" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MAPPING, encoding="utf-8")
    for name in ("inbox/solar", "inbox/roofs", "inbox/first", "suppress"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "suppress/acme.csv").write_text("person@example.com\n", encoding="utf-8")
    jobs = read(folder, text)
    assert jobs.jobs[0].pattern.match("acme_london_20261123.csv")


def test_the_reference_names_every_key() -> None:
    text = (TOP / "docs/nightly.md").read_text(encoding="utf-8")
    words = {
        word for cell in re.findall(r"^\| (.*?) \|", text, re.MULTILINE) for word in re.findall(r"`(\w+)`", cell)
    }
    words |= set(re.findall(r"`(domain)", text))
    known = {key for model in (Account, Job) for key in known_keys(model)}
    known |= {"output", "parallel", "longest", "accounts", "defaults", "jobs", "tell"}
    assert known - words == set()
