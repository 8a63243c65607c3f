"""Pictures and pages for people: contact sheets, and pages that stand alone in one file."""

from charforge.pages.callsheet import call_sheet_page
from charforge.pages.cards import Card, Pill
from charforge.pages.page import card_page, page
from charforge.pages.picture import inline
from charforge.pages.plot import curve
from charforge.pages.sheet import contact_sheet

__all__ = ["Card", "Pill", "call_sheet_page", "card_page", "contact_sheet", "curve", "inline", "page"]
