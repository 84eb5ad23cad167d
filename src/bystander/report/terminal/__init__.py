"""What verbs show on a terminal, in 80 columns or whatever there is, in the words of the report."""

from bystander.report.terminal.assessment import show_assessment

__all__ = ["show_assessment"]
