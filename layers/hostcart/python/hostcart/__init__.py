"""hostcart: the ordering backend of a hosting provider."""
