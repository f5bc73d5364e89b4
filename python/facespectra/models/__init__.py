"""The model that this package ships, and the script that makes it."""
