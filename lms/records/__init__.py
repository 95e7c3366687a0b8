"""Who looked at whose file and who changed what, in words; and what people may ask of what is held on them."""
