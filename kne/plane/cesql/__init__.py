"""CloudEvents SQL, in the two forms it has: the standard's, and the one Knative runs.

expression("type LIKE 'com.%'").evaluate(attributes)    what Knative's filter would make of it
expression("1 + 1", "standard")                         as CloudEvents SQL 1.0 has it
"""

from kne.plane.cesql.evaluate import Expression, expression
from kne.plane.cesql.explain import explain
from kne.plane.cesql.lint import oddities
from kne.plane.cesql.values import CesqlPanic, EvaluationError, Outcome, ParseError

__all__ = [
    "CesqlPanic",
    "EvaluationError",
    "Expression",
    "Outcome",
    "ParseError",
    "explain",
    "expression",
    "oddities",
]
