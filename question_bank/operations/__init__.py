"""Writes of the bank: bringing questions in, changing them."""
