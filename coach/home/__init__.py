"""The coach at home, when no session is going on: asleep, awake, reminding. As pure as the session."""
