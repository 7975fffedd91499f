"""What an order costs on AWS: measured counts, assumed waits, a dated price list."""
