"""A simulated Docker Swarm that speaks the Docker Engine API over HTTP.

It imports nothing else of Essaim's and is worth having alone: `python -m essaim_practice --help`.
"""
