"""What the stack tells a person who can do something about it."""


class StackError(Exception):
    """The local stack can't do what was asked; the message says why and what to do."""
