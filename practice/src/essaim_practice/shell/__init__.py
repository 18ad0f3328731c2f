"""The shell inside practice containers: ash in alpine, dash and bash in Debian's images.

``parser`` makes a tree of a line, ``expansion`` expands its words, ``interpreter`` runs it. Nothing
leaves the container: programs are simulated, and files are the container's.
"""
