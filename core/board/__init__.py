"""How far a class is in the labs, for its teacher."""
