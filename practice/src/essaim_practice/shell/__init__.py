"""The shell inside practice containers: ash in alpine, dash and bash in Debian's images.

``parser`` makes a tree of a line, ``expansion`` says what its words mean, ``interpreter`` runs it.
Nothing leaves the container: its programs are practice programs, its files the container's.
"""
