"""Conversations of questions and answers, as pure as the session: no sound, no file, no clock, no chance."""
