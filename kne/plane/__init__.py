"""The data plane: events come in, fan out, and are delivered."""
