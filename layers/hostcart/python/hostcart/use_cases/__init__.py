"""One module a use case: the only place where ports meet the domain."""
