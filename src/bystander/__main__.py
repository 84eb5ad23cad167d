"""``python -m bystander``: the command line."""

from bystander.origins import leave_out_the_current_folder

if __name__ == "__main__":
    leave_out_the_current_folder()
    from bystander.cli.main import main

    main()
