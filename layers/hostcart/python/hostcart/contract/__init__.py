"""The public promise: requests, responses, statuses and the error catalogue."""
