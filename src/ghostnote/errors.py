"""The one exception whose message is written for the person at the terminal."""


class GhostnoteError(Exception):
    """Something the user can mend: one clear sentence that says what is wrong and what to do.

    The command line prints it without a traceback and exits 1.
    """
