"""Rules of account fields as the file has them, a file a subject."""
