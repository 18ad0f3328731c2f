"""The docker command: one declaration for each verb, with three faces (argv, python, run).

A module for each family (nodes, images, stacks) or a part of one declares its commands::

    @command("secret rm", "secret remove", changes=True, destructive=True)
    class RemoveSecrets(OnEach):
        method = "api.remove_secret"
        secrets: tuple[str, ...] = arguments("SECRET")

``command`` has the decorator and the base class, ``grammar`` the fields, ``values`` and ``ports``
the values of words, ``kinds`` the base classes for ls, inspect, rm, logs and prune, ``source`` the
calls with two faces, ``registry`` all commands and the parser of lines, and ``journal``
the record of those that ran. ``__main__`` writes docs/commands.md.
"""
