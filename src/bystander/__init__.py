"""Bystander: crises between states as continuous-time games, solved and explained."""
