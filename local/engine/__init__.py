"""The AWS side of the local stack: ministack and moto, adjusted until they behave as AWS documents it."""
