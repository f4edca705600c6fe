"""Reading question papers typed as text: the habits people have, as pure rules."""
