"""What can go wrong before, around or after the rows, as exceptions that say what to do next.

::

    ImportFailure            exit 2, unless it says another: what was asked for was not done
    ├── ConfigError          a flag, a variable or the .env file is wrong, or a file cannot be written
    │   └── KeyRefused       LeadByte did not take the API key
    ├── InputError           the list cannot be read, or is not what its name says
    │   └── SuppressionError a suppression list cannot be read, or is none
    ├── MappingError         the mapping file, or how it fits the file and the campaign
    │   └── Drifted          the campaign or the list's header changed since the mapping was made
    ├── CampaignError        the campaign is unknown, inactive or archived
    ├── ServiceError         LeadByte could not be asked (campaigns)
    ├── RunError             a run is unknown, or cannot be continued
    │   └── SentBefore       the list was sent to the campaign before
    ├── JournalError         the journal's disk is full, or the file is damaged (exit 3 once leads were sent)
    └── RunLocked            exit 5: another run holds the lock of the folder or the campaign

Most are raised before a lead is sent, not all: a journal or a results file may become unwritable later. What was sent
is in the journal, and the message says so.

A bad row is never an exception: it is a value (`pipeline.model.Issue`).
"""

from __future__ import annotations


class ImportFailure(Exception):
    """A run cannot go on: what happened and where, and what to do next.

    `message` says what and where; `hint` the next step. `exit_code` follows the table in docs/results.md.
    Neither text may hold the API key or a lead's data.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(ImportFailure):
    """A flag, an environment variable or the .env file is missing or wrong, or a file or folder cannot be written."""


class KeyRefused(ConfigError):
    """LeadByte did not take the API key."""


class InputError(ImportFailure):
    """The list cannot be read, or is not what its name says."""


class SuppressionError(InputError):
    """A suppression list cannot be read, or is not what it should be: nothing is sent without it."""


class MappingError(ImportFailure):
    """The mapping file is wrong, or does not fit the list or the campaign."""


class Drifted(MappingError):
    """The campaign or the list's header is not what the mapping was made for; `changes` has each change in words."""

    def __init__(self, message: str, hint: str, changes: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.changes = changes


class CampaignError(ImportFailure):
    """The campaign is unknown, inactive or archived."""


class ServiceError(ImportFailure):
    """LeadByte could not be asked, or its answer could not be understood (reads only)."""


class RunError(ImportFailure):
    """A run is unknown, or cannot be continued."""


class SentBefore(RunError):
    """The list was sent to the campaign before, by `run_id`, or by a job's run that is still to send it."""

    def __init__(self, message: str, hint: str, run_id: str) -> None:
        super().__init__(message, hint)
        self.run_id = run_id


class JournalError(ImportFailure):
    """The journal cannot be written or read: its disk is full, or the file is damaged."""


class RunLocked(ImportFailure):
    """Another run uses this output folder, or sends to the campaign (from whatever folder)."""

    exit_code = 5
