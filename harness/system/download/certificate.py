"""Which certificate authorities to trust."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError

# pip's own name first, then OpenSSL's, then those of the requests library and curl.
_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def certificates(environ: Mapping[str, str]) -> ssl.SSLContext | bool:
    """Return a context with the bundle that `environ` names, or True (the system's own) if it names none.

    Raises UsageError for a bundle that cannot be loaded.
    """
    for variable in _VARIABLES:
        value = environ.get(variable)
        if not value:
            continue
        try:
            if Path(value).is_dir():
                return ssl.create_default_context(capath=value)
            return ssl.create_default_context(cafile=value)
        except OSError as error:  # SSLError is one
            hint = f"unset {variable}  # or set it to a file in PEM format"
            raise UsageError(f"{variable}={value} cannot be used", cause=str(error), hint=hint) from None
    return True
