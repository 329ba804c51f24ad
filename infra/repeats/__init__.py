"""The models by which people and matters are weighed, and the words for their reasons."""
