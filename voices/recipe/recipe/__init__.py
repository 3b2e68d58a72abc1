"""The recipe that makes the coach's ears: from word lists and speech to a model that stock Vosk loads."""
