"""What every door shares: HTTP, tasks, identity, observability."""
