"""Numbers to summaries and verdicts; pure."""
