"""Columns of all pages → DataFrame: types, order, each person once; views of that frame."""
