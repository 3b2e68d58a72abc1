"""The trial of a Vosk model, run by path in a process of its own: ``python model_trial.py LIBRARY MODEL``.

Vosk takes a damaged model's word for everything: an assertion fails or memory is misread, and the process is
gone without a sentence. Here that is not the coach's process (``ears.py`` runs this), and the exit status tells:
0 if the model was opened, took a grammar and heard a second of noise, anything else if not.

Only the standard library may be imported, and little of it: without the ``vosk`` package a trial of the bundled
model takes a tenth of a second.
"""

import ctypes
import os
import resource
import sys

NOISE = bytes((number * number >> 3) & 0xFF for number in range(32_000))
"""A second of loud noise, the same every time: enough to be decoded, ended and put into a lattice."""


def hears(library: str, model_path: str) -> bool:
    """Open the model and listen with it; what Vosk itself notices is False, the rest ends this process."""
    vosk = ctypes.CDLL(library)
    vosk.vosk_model_new.restype = ctypes.c_void_p
    vosk.vosk_model_new.argtypes = [ctypes.c_char_p]
    vosk.vosk_recognizer_new_grm.restype = ctypes.c_void_p
    vosk.vosk_recognizer_new_grm.argtypes = [ctypes.c_void_p, ctypes.c_float, ctypes.c_char_p]
    vosk.vosk_recognizer_set_words.argtypes = [ctypes.c_void_p, ctypes.c_int]
    vosk.vosk_recognizer_accept_waveform.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    vosk.vosk_recognizer_final_result.restype = ctypes.c_char_p
    vosk.vosk_recognizer_final_result.argtypes = [ctypes.c_void_p]
    model = vosk.vosk_model_new(os.fsencode(model_path))
    if not model:
        return False
    recogniser = vosk.vosk_recognizer_new_grm(model, 16_000.0, b'["[unk]"]')
    if not recogniser:
        return False
    vosk.vosk_recognizer_set_words(recogniser, 1)
    for at in range(0, len(NOISE), 640):
        if vosk.vosk_recognizer_accept_waveform(recogniser, NOISE[at : at + 640], 640) < 0:
            return False
    return bool(vosk.vosk_recognizer_final_result(recogniser))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is an answer here, not worth room on a memory card
    sys.exit(not hears(*sys.argv[1:]))
