"""The estate file's blocks, one noun a module: what each key is, and what it does here."""
