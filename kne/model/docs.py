"""What the fields of a model are for: the strings below them in the source.

They are documentation for `explain` and for schemas, and read only when somebody asks: pydantic
could collect them when a class is made, which costs more than all else a class costs.
"""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from textwrap import dedent

from kne.model.resource import Model


@cache
def field_docs(model: type[Model]) -> Mapping[str, str]:
    """The text of each field, by the name it has in Python; those of base classes too."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, Model) and cls is not Model:
            found |= _in_source(cls)
    return found


def _in_source(cls: type[Model]) -> Mapping[str, str]:
    tree = ast.parse(dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(name)),
                ast.Expr(ast.Constant(str(words))),
            ):
                found[name] = inspect.cleandoc(words)
    return found
