"""What all networks share: their base, and running one on many faces."""
