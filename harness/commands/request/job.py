"""The job of a fleet that a command is."""

from harness.parse.job_key import parse_job_key
from harness.settings.layer import Settings


def resolve_job(settings: Settings) -> str:
    """Return the key of the job, empty for a command that is none; raises UsageError for what is not a key."""
    key = settings.text("job")
    return str(parse_job_key(key)) if key else ""
