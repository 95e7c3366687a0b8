"""What the house holds on somebody, table by table: shown to them, and erased.

A table that reaches a person has a ``Holding`` in its room's ``privacy.py`` (a house test sees to it).
"""

from lms.core.privacy.contract import Erased, Holding, Part, Whose, drop_files, erase, export

__all__ = ["Erased", "Holding", "Part", "Whose", "drop_files", "erase", "export"]
