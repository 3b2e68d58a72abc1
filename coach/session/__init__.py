"""The mind of the coach: pure. No sound, no files, no clock, no chance, no threads; a test reads the imports."""
