"""What visitors and the bot say in the sandbox: invented, with everything that breaks parsers."""

from __future__ import annotations

QUESTIONS = (
    "Where is my order?",
    "How do I return my order",
    "What are your opening hours?",
    "Can I pay with PayPal?",
    "I want to speak to someone",
    "Is the blue one in stock, and what does it cost?",
    "Where can I find my invoice",
    "Do you ship to Belgium?",
)
AWKWARD_QUESTIONS = (
    'He said "no refund", why?',
    "First line\nsecond line, with a comma",
    "Größe 42 für Frauen – geht das? 🙂",
    "Wo ist mein Päckchen?\r\nBestellnummer: 0012",
    "価格を教えてください",
    "line\u2028separator and a | pipe; semicolon",
    '"',
    "=1+1",
)
ANSWERS = (
    "Your parcel is on its way.",
    "You can return it within 30 days.",
    "We are open from 9:00 to 17:00.",
    "Yes, you can.",
    "I will connect you to a colleague.",
)
AWKWARD_ANSWERS = (
    'Choose "Returns", then <b>print</b> the label.',
    "Options:\n- PayPal\n- iDEAL, card",
    "Übrigens: der Versand ist kostenlos 📦",
)
ARTICLES = ("Delivery times", "Returns and refunds", "Opening hours", "Paying", "Contact us")
