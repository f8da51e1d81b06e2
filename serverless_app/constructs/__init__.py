"""One construct per file: safe defaults inside, typed resources exposed."""
