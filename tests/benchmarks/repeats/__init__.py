"""How the models that find repeats are learnt."""
