"""The brief: an assessment on two pages, in the form of ICD 203.

`content` chooses what is said, `page` sets it as HTML that prints on two sheets and as a PDF of two pages.
"""

from bystander.report.brief.content import Brief, brief_of
from bystander.report.brief.page import write_brief

__all__ = ["Brief", "brief_of", "write_brief"]
