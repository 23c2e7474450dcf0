"""`python -m ghostnote`: the command line where no script is installed."""

from ghostnote.cli import main

if __name__ == "__main__":
    main()
