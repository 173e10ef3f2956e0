"""The protocol a2a/1 a second time, written from docs/protocol.md alone."""
