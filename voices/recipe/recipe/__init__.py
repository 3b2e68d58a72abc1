"""The recipe that makes the coach's ears: from word lists and speech to a model that stock Vosk loads."""

import os

# Before numpy is loaded: the recipe divides its work among processes. A thread of OpenBLAS's in each, which spins while it waits and does
# not yield when its process does, took 30 % of both cores from the training.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
