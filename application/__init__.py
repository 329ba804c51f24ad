"""Commands carried out: who may, what follows, and what else it sets going."""
