"""What other systems speak: the DSA Transparency Database."""
