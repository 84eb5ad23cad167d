"""``python -m bystander``: the command line."""

from bystander.cli.main import main

if __name__ == "__main__":
    main()
