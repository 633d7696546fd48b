"""report.pdf: the page on paper, by WeasyPrint. It looks the same on every machine, and fetches nothing."""

from functools import cache
from logging import ERROR, getLogger
from pathlib import Path

from recovery.errors import Refused

LIBRARIES = "libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0"
_FACES = {
    "DejaVuSans.ttf": ("Report Sans", "400", "normal"),
    "DejaVuSans-Bold.ttf": ("Report Sans", "700", "normal"),
    "DejaVuSans-Oblique.ttf": ("Report Sans", "400", "italic"),
    "DejaVuSansMono.ttf": ("Report Mono", "400", "normal"),
}
_SHEET = """
body, figure svg text { font-family: "Report Sans" !important; }
code, .hash { font-family: "Report Mono"; }
h1, h2, h3, th, caption, .figure .big, tr.strong td, .stack td:first-child { font-weight: 700; }
"""


def render_pdf(page: str) -> bytes:
    """Return the page as a PDF: the same bytes for the same page and the same libraries.

    Raises `Refused` where WeasyPrint or the Debian libraries that it calls are missing, with what would do.
    """
    try:
        # Seconds, and libraries of the system, that only those who want the PDF need.
        from weasyprint import CSS, HTML  # noqa: PLC0415
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise Refused(
            f"No PDF can be made here: {_first_line(error)}. WeasyPrint needs Debian's {LIBRARIES}: install them with "
            "apt-get, then ask again; report.html prints from any browser."
        ) from error
    getLogger("weasyprint").setLevel(ERROR)  # it warns of each property of an SVG, and draws it by another way
    fonts, fetcher = FontConfiguration(), URLFetcher(allowed_protocols=["data"])
    ours = URLFetcher(allowed_protocols=["file"])
    sheet = CSS(string=_fonts() + _SHEET, font_config=fonts, url_fetcher=ours)
    made = HTML(string=page, url_fetcher=fetcher).write_pdf(stylesheets=[sheet], font_config=fonts)
    return bytes(made)


@cache
def _fonts() -> str:
    """Return the fonts that matplotlib brings along, as rules of a style sheet."""
    from matplotlib import get_data_path  # noqa: PLC0415 - as above

    folder = Path(get_data_path()) / "fonts" / "ttf"
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{(folder / name).as_uri()}"); }}\n'
        for name, (family, weight, style) in _FACES.items()
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
