"""Pure rules: carts, orders, money, catalogue. Imports no SDK."""
