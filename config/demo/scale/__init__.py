"""A customer of the size of an agency or of a nation, to look at and to measure with.

``plan`` says what is to be there, ``places`` and ``people`` make it look like a country, ``study`` invents what was
learned, ``slices`` writes it, ``load`` does it all and can be stopped at any moment.
"""
