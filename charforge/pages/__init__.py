"""Pictures and pages for people: contact sheets."""

from charforge.pages.sheet import contact_sheet

__all__ = ["contact_sheet"]
