"""Courses and what they are made of: modules, activities, pictures; how each kind of activity is read and played."""
