"""Test vectors: the operations they name, and who writes and checks them."""
