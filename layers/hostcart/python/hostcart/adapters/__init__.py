"""One module an outside system; SDK exceptions stop here."""
