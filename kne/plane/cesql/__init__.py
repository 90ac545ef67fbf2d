"""CloudEvents SQL, in the two forms it has: the standard's, and the one Knative runs.

evaluate.expression("type LIKE 'com.%'").evaluate(attributes)   what Knative's filter makes of it
evaluate.expression("1 + 1", "standard")                        as CloudEvents SQL 1.0 has it
"""
