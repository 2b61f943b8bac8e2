"""The question: one frozen value, its grammar, its sentence, its Python, and what rows can prove of it."""
