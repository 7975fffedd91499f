"""Local stand-ins for the outside systems, reached over HTTP by the production adapters."""
