"""Finding pairs that are one, in lists whose truth is known: ours and the peers', scored alike."""
