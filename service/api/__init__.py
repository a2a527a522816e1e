"""The HTTP interface; thin: it turns requests into use cases and what they answer into JSON."""
