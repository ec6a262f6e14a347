"""A night: files come in, are imported, filed away and accounted for; a person hears what they must."""
