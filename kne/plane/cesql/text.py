"""Text as Go has it: a row of bytes.

Knative counts and cuts text in bytes, so half a character can be left over.  Such bytes are kept
in a Python text as lone surrogates (`surrogateescape`), as Python does with file names.
"""

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode calls white space and `strings.TrimSpace` cuts off."""


def to_bytes(text: str) -> bytes:
    """The bytes of a text; never fails."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte, from JSON
        return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """The text of some bytes; never fails."""
    return data.decode("utf-8", "surrogateescape")


def lower(text: str) -> str:
    """Lower case, character by character: the length in characters stays (`strings.ToLower`)."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def upper(text: str) -> str:
    """Upper case, character by character (`strings.ToUpper`)."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def _lower(character: str) -> str:
    changed = character.lower()
    return changed if len(changed) == 1 else changed[0]  # only İ, whose simple form is i


def _upper(character: str) -> str:
    for changed in (character.upper(), character.title()):
        if len(changed) == 1:
            return changed
    return character
