"""Training bodies and their contacts, as Kairos lists them: nobody to enrol."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class KairosBodies(Layout):
    """``Nom RGC`` is whoever manages the account of a training body."""

    name = "kairos-bodies"
    label = lazy("Training bodies of Kairos")
    marks = ("Nom RGC", "Prénom RGC", "ASSEDIC", "convention")
    refusal = (
        lazy(
            "This is the list of training bodies of Kairos: its people manage accounts, they are no trainees."
        ),
        lazy("Send the file of trainees, which has the columns Last name and First name."),
    )
