"""How sellers stand: points ladders, strikes, sanctions and what they follow from."""
