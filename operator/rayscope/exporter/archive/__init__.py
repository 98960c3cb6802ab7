"""What ended processes have counted: kept exactly, while their files go."""
