"""What can go wrong before or around the rows, as exceptions that say what to do next.

::

    ImportFailure            exit 2: nothing was sent
    ├── ConfigError          a flag, a variable or the .env file is wrong
    │   └── KeyRefused       LeadByte did not take the API key
    ├── InputError           the list cannot be read, or is not what its name says
    ├── MappingError         the mapping file, or how it fits the file and the campaign
    ├── CampaignError        the campaign is unknown, inactive or archived
    ├── ServiceError         LeadByte could not be asked (reading campaigns)
    ├── RunError             a run is unknown, or cannot be continued
    ├── JournalError         the journal's disk is full, or the file is damaged
    └── RunLocked            exit 5: another run holds the lock

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
    """A flag, an environment variable or the .env file is missing or wrong."""


class KeyRefused(ConfigError):
    """LeadByte did not take the API key."""


class InputError(ImportFailure):
    """The list cannot be read, or is not what its name says."""


class MappingError(ImportFailure):
    """The mapping file is wrong, or does not fit the list or the campaign."""


class CampaignError(ImportFailure):
    """The campaign is unknown, inactive or archived."""


class ServiceError(ImportFailure):
    """LeadByte could not be asked, or its answer could not be understood (reads only)."""


class RunError(ImportFailure):
    """A run is unknown, or cannot be continued."""


class JournalError(ImportFailure):
    """The journal cannot be written or read: its disk is full, or the file is damaged."""


class RunLocked(ImportFailure):
    """Another run holds the lock of this output folder."""

    exit_code = 5
