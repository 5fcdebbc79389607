"""What people subscribe to: an Atom feed of changes (RFC 4287) and a calendar of what falls due (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from feedgen.feed import FeedGenerator
from icalendar import Calendar, Event


@dataclass(frozen=True, slots=True)
class Told:
    """One change in a feed. address: permanent, also its identity; title, summary: one line each; at: recorded, aware."""

    address: str
    title: str
    summary: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dated:
    """One day of a calendar. key: the same for the same thing in every edition of the file; until: the last of several days."""

    key: str
    title: str
    on: date
    until: date
    address: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is subscribed to. page: the page it is of; own: the address of the file itself; register: its name; language: BCP 47."""

    title: str
    page: str
    own: str
    register: str
    language: str
    at: datetime


def atom(subscription: Subscription, changes: Iterable[Told]) -> bytes:
    """An Atom feed, the last change first. updated: that of the last change, else the moment given."""
    feed = FeedGenerator()
    told = tuple(changes)
    feed.id(subscription.own)
    feed.title(subscription.title)
    feed.author({"name": subscription.register})
    feed.link(href=subscription.page, rel="alternate")
    feed.link(href=subscription.own, rel="self")
    feed.language(subscription.language)
    feed.updated(told[0].at if told else subscription.at)
    feed.generator("cooperation-registry")
    for change in told:
        entry = feed.add_entry(order="append")
        entry.id(change.address)
        entry.title(change.title)
        entry.link(href=change.address)
        entry.summary(change.summary)
        entry.updated(change.at)
        entry.published(change.at)
    written: bytes = feed.atom_str(pretty=True)
    return written


def calendar(subscription: Subscription, days: Iterable[Dated]) -> bytes:
    """A calendar of whole days that block nobody's time."""
    found = Calendar()
    found.add("prodid", f"-//cooperation-registry//{subscription.language[:2].upper()}")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", subscription.title)
    for day in days:
        event = Event()
        event.add("uid", day.key)
        event.add("dtstamp", subscription.at)
        event.add("summary", day.title)
        event.add("dtstart", day.on)
        event.add("dtend", day.until + timedelta(days=1))
        event.add("url", day.address)
        event.add("transp", "TRANSPARENT")
        found.add_component(event)
    return bytes(found.to_ical())
