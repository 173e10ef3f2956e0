"""The live conversation: an agent of the second implementation and one of the crate, over a network that loses mail."""
