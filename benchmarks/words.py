"""Words that made-up news is written with. No name in here is anyone's."""

from typing import Final


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


PLACES: Final = _lines(
    """
    Ashford Bay
    Brackwater
    Carrow Hill
    Dunmere
    Eastvale
    Fennick
    Greyhaven
    Hollin Cross
    Iverton
    Kestrel Point
    Larkfield
    Marrowdale
    Northwick
    Oakhampton Vale
    Pellbrook
    Quarry Town
    Redmoor
    Saltmarsh
    Thornbury Sound
    Westering
    """
)
BODIES: Final = _lines(
    """
    city council
    police
    port authority
    transport agency
    university hospital
    school board
    water company
    power grid operator
    data protection office
    chamber of commerce
    court of appeal
    research institute
    housing association
    farmers’ union
    public library
    rail operator
    fire service
    central bank
    film archive
    weather office
    """
)
ACTS: Final = _lines(
    """
    approves
    delays
    tests
    expands
    defends
    rejects
    rolls out
    reviews
    quietly drops
    starts to use
    asks for a halt to
    publishes a plan for
    opens an inquiry into
    signs a contract for
    faces backlash over
    doubles its budget for
    """
)
ADJECTIVES: Final = _lines(
    """
    real-time
    low-cost
    controversial
    automated
    long-awaited
    open-source
    privacy-friendly
    solar-powered
    second-hand
    cross-border
    voluntary
    low-emission
    “bespoke”
    city-wide
    paperless
    experimental
    """
)
THINGS: Final = _lines(
    """
    facial recognition cameras
    electric buses
    heat pumps
    flood barriers
    translation software
    delivery drones
    smart meters
    cargo bicycles
    warning sirens
    patient records
    speech recognition
    rooftop gardens
    night trains
    battery storage
    traffic lights
    crop forecasts
    number plate readers
    reading apps
    wind turbines
    chat assistants
    repair vouchers
    water sensors
    ticket gates
    broadband lines
    """
)
REASONS: Final = _lines(
    """
    despite privacy concerns
    after a year of trials
    amid rising costs
    in three districts
    to cut emissions by a fifth
    before the winter
    as staff run short
    following a court ruling
    with money from the lottery
    and residents are not happy about it
    for the first time
    on the same day as its rival
    """
)
OPENINGS: Final = _lines(
    """
    Officials said on Friday that
    In a report released this week,
    According to documents seen by this newspaper,
    Two years after the first pilot,
    At a crowded meeting on Tuesday,
    The announcement came as a surprise:
    Campaigners were quick to respond:
    Asked about the cost, a spokeswoman said
    It’s a step that few had expected:
    Until now, the rules have said that
    Engineers who worked on it explained that
    While details remain unclear,
    """
)
CLAIMS: Final = _lines(
    """
    the system will be used for five to six hours at a time and then switched off
    no decision will be taken without “the full consent of those who live there”
    the evidence is riddled with errors, and nine out of ten alerts were false
    it’ll be intelligence-led and deployed only to specific locations
    the technology has moved past the trial stage and is ready to be integrated
    every household should receive a letter with the dates before the end of March
    the savings would pay for the work within seven years, not ten as first planned
    the contract was awarded without a tender, which critics call ‘a bad habit’
    earlier tests in two neighbouring towns had shown mixed results at best
    the data are deleted after thirty-one days unless a court asks for them
    those who live nearby can raise objections until the consultation closes
    engineers found 70% of faults that way, up from 42% in the year before
    """
)
ENDINGS: Final = _lines(
    """
    A decision is expected in spring.
    Prices weren’t disclosed.
    The full report is due in autumn.
    Work is to begin at once.
    Others have been slower.
    It won’t be the last.
    Nobody was hurt.
    Shares rose 3% on the news.
    """
)
CAPTIONS: Final = _lines(
    """
    A view of the harbour at dusk
    Workers on the site this week
    An earlier model, seen in a museum
    The main hall after the meeting
    """
)

# Providers are named like newspapers, under a domain no one can register:
# https://www.rfc-editor.org/rfc/rfc2606
PAPERS: Final = tuple(
    "Amber Anchor Atlas Aurora Beacon Bridge Canal Cedar Clover Compass Copper Coral Delta Dome "
    "Falcon Forge Garnet Granite Harbour Heron Indigo Island Ivory Juniper Lantern Lighthouse "
    "Linden Maple Meridian Metro Orchard Pacific Pioneer Prairie Quartz River Saffron Summit "
    "Valley Willow".split()
)
KINDS: Final = tuple(
    "Adviser Bulletin Chronicle Courier Daily Dispatch Echo Examiner Express Gazette Globe Herald "
    "Insider Journal Ledger Mail Mercury Messenger Mirror Monitor News Observer Post Press "
    "Record Register Report Review Sentinel Signal Standard Star Sun Telegraph Times Tribune "
    "Update Voice Weekly Wire".split()
)

# Topics: a few of one word first, which are the most frequent, then pairs.
SUBJECTS: Final = ("AI", "Computer Vision", "Cities", "Climate", "C++", "Énergie", "R&D")
FIELDS: Final = tuple(
    "Agriculture Aviation Banking Broadcasting Chemistry Design Education Energy Fisheries "
    "Forestry Health Housing Insurance Law Logistics Mining Policing Robotics Shipping Software "
    "Tourism Transport Water Welfare".split()
)
ANGLES: Final = tuple(
    "Public Digital Green Urban Rural Global Coastal Private Historic Applied Open Alpine".split()
)
