import base64
import re

from bystander.report.figures.figure import MIME
from reference.assessments import ferghana
from reference.hostile_texts import hostile_assessment


def test_an_assessment_shows_itself_without_script_or_network():
    bundle = ferghana()._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/html", "text/plain"}
    assert MIME not in bundle
    html = str(bundle["text/html"])
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert base64.b64decode(picture.group(1)).startswith(b"<svg")
    assert "likely (58%" in bundle["text/plain"]


def test_hostile_text_stays_text():
    html = hostile_assessment()._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "<img src=x" not in html
