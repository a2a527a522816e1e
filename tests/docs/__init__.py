"""What the pages for developers of apps say is so."""
