"""The rules, as text: what they select, and that what is shipped and documented is what the code makes."""
