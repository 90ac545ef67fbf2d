"""What a filter raises where Knative's panics; apart, for CESQL is loaded only if it is used."""


class CesqlPanic(Exception):
    """Knative's filter panics here: it answers nothing and the connection drops.

    A filter raises this when its expression gives something else than true or false, or makes
    Go panic.  Whoever called sees a transport failure (spec core 2.5.1, observed 10).
    """
