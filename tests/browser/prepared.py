"""What people did on the demo before its pages are looked at: one of each thing that a fresh register lacks, done by its forms."""

from __future__ import annotations

import re

from tests.browser.addresses import OPINIONS, PROPOSAL, THIS_YEAR
from tests.browser.visitor import Visitor
from tests.demo import Demo
from workflows import SHIPPED


def prepare(demo: Demo) -> None:
    """Three matters, a promise, opinions asked for, a correction, a shared link, a frozen page, a decision that two are one, a
    newer procedure. Raises ValueError where a form was not taken."""
    jia, office, admin = (Visitor(demo, login) for login in ("jia", "office", "admin"))
    matters(jia, office)
    jia.send(
        "/items/sample-2023-01-051/correct", target="title_en", value="Sample item, corrected", reason="英文名称有误"
    )
    jia.send("/shares/new", label="七月联席会议", pages="/agreements/sample-2023-01\n/items?party=x-a", days="14")
    office.send("/snapshots/new", page="/agreements/sample-2025-01", level="public")
    office.send("/same/item/sample-2023-01-060", duplicate="sample-2023-01-061", reason="同一事项登记了两次")
    finding = (SHIPPED / "finding.yaml").read_text("utf-8")
    newer = re.sub("(?m)^version: 1$", "version: 2\\nmigrate: {from_version: 1}", finding)
    admin.send("/procedures/new", source=newer)
    admin.send("/procedures/finding/2/publish")


def matters(jia: Visitor, office: Visitor) -> None:
    """A finding, a proposal with a promise in its reply, and opinions asked for on a text."""
    of_jia = {"grouping": "sample", "host": "x-a", "leads": "x-a", "level": "public"}
    about_finding = {
        "title_zh": "示例：跨城公交时刻表未公开",
        "title_en": "Sample: timetables of intercity buses not published",
        "value-problem": "两市公交站点没有公开跨城班次时刻表。",
    }
    about_proposal = {
        "title_zh": "示例：关于跨城公交一卡通的建议",
        "title_en": "Sample: suggestion of one card for intercity buses",
        "value-number": "示例第7号",
        "value-sort": "建议",
        "value-heading": "交通",
        "value-organ": "示例甲市交通运输局",
        "value-proposers": "示例代表",
        "document": "doc-2024-01",
    }
    about_opinions = {
        "title_zh": "示例：一卡通结算办法征求意见",
        "title_en": "Sample: opinions on how the card is settled",
        "grouping": "sample",
        "level": "members",
        "leads": "x-a",
        "value-draft_text": "doc-2025-02",
    }
    jia.send("/matters/new/finding", **of_jia, **about_finding)
    jia.send("/matters/new/proposal-reply", **of_jia, **about_proposal)
    promise = {"title_zh": "示例：两年内开通跨城公交一卡通", "title_en": "Sample: one card within two years"}
    jia.send(f"{PROPOSAL}/commitments/new", document="doc-2024-01", **promise)
    office.send("/matters/new/opinion-round", **about_opinions, joins=("x-b", "x-c"))
    office.send(f"{OPINIONS}/step/ask", **{"value-due_on": f"{THIS_YEAR + 1}-06-30"})
    office.send(f"{OPINIONS}/propose/collect")
