"""The app: an assessment as something one argues with.

`server` answers a browser on this machine and nobody else (`run` guards it); `desk` says what it may be asked
and keeps what a user did; `solvers` are the processes that solve, `tasks` what they are asked, `telling` how
answers become plain values. `live` writes the one HTML file that answers without any of them.
"""
