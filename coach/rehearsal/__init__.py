"""The same ports without hardware: rehearsals for whoever writes a routine, understudies for the tests."""
