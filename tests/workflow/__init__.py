"""The real definition, run by moto in this process, with the real handlers and the sandboxes over HTTP."""
