"""The planning mind: readiness, pain rules, progression, a plan for today. Pure: the date is an argument."""
