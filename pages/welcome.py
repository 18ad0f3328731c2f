"""Welcome: who are you, and where to begin."""

from core.ui.frame import engine_missing, head
from core.ui.session import _
from core.ui.welcome import welcome

head(_("Welcome"), watch="shape")
engine_missing()
welcome()
