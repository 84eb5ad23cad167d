"""``explain``: why someone makes a move, or stands by."""
