"""Which rules of Knative kne keeps, and what shows it: the source of docs/fidelity.md."""
