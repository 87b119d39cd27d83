"""A small separate program that starts whisper-server and puts it under load; standard library only."""
