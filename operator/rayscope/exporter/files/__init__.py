"""The writers' files: what is in them, which of them there are, and who still writes."""
