"""The application whose engines are real."""
