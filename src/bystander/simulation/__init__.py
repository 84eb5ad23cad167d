"""What then happens, sampled: histories of the process, and frequencies over many of them."""
