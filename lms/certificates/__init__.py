"""Certificates of completion: issued once, frozen, and checked by anyone against the public register."""
