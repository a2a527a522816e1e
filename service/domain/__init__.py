"""What a verification is and which rules no setting can lift; no framework, no database, no clock."""
