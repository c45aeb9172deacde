"""A digital-media shop: the 11 tables of the Chinook sample database, open to everybody.

The data is not part of this project. It is the Chinook Database, (c) Luis Rocha, under the MIT licence:
https://github.com/lerocha/chinook-database. With each table as an NDJSON file in a folder, named after the table:

    mainstay load examples/chinook/service.py FOLDER
    mainstay serve examples/chinook/service.py

Rock tracks over five minutes, the dearest first, each with its album:

    curl -g 'localhost:8080/tracks?genre_id=1&milliseconds[gt]=300000&sort=-unit_price,name&limit=50&expand=album'
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from server import ANYONE, Indexed, Key, Model, Reference, Resource, Service, Unique

Name = Annotated[str, Field(min_length=1, max_length=200)]
Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]
Email = Annotated[str, Unique(), Field(max_length=60, pattern=r"^[^@\s]+@[^@\s]+$")]


class Artist(Model):
    artist_id: Annotated[int, Key()]
    name: Annotated[Name, Indexed()]


class Album(Model):
    album_id: Annotated[int, Key()]
    title: Annotated[Name, Indexed()]
    artist_id: Annotated[int, Reference(Artist)]


class Genre(Model):
    genre_id: Annotated[int, Key()]
    name: Annotated[Name, Unique()]


class MediaType(Model):
    media_type_id: Annotated[int, Key()]
    name: Annotated[Name, Unique()]


class Track(Model, constraints=[Indexed("genre_id", "unit_price", "name")]):
    track_id: Annotated[int, Key()]
    name: Annotated[Name, Indexed()]
    album_id: Annotated[int | None, Reference(Album)] = None
    media_type_id: Annotated[int, Reference(MediaType)]
    genre_id: Annotated[int | None, Reference(Genre)] = None
    composer: Annotated[str | None, Field(max_length=220)] = None
    milliseconds: Annotated[int, Indexed(), Field(gt=0)]
    bytes: Annotated[int | None, Field(gt=0)] = None
    unit_price: Annotated[Money, Indexed()]


class Playlist(Model):
    playlist_id: Annotated[int, Key()]
    name: Annotated[Name, Indexed()]


class PlaylistTrack(Model, constraints=[Unique("playlist_id", "track_id")]):
    """Which tracks are on which playlist; neither field names a row by itself, so each row has an `id` too."""

    playlist_id: Annotated[int, Reference(Playlist)]
    track_id: Annotated[int, Reference(Track)]


class Employee(Model):
    employee_id: Annotated[int, Key()]
    last_name: Annotated[Name, Indexed()]
    first_name: Name
    title: Annotated[str | None, Field(max_length=30)] = None
    reports_to: Annotated[int | None, Reference("Employee", expand_as="manager")] = None
    birth_date: datetime | None = None
    hire_date: datetime | None = None
    address: Annotated[str | None, Field(max_length=70)] = None
    city: Annotated[str | None, Field(max_length=40)] = None
    state: Annotated[str | None, Field(max_length=40)] = None
    country: Annotated[str | None, Field(max_length=40)] = None
    postal_code: Annotated[str | None, Field(max_length=10)] = None
    phone: Annotated[str | None, Field(max_length=24)] = None
    fax: Annotated[str | None, Field(max_length=24)] = None
    email: Email


class Customer(Model):
    customer_id: Annotated[int, Key()]
    first_name: Name
    last_name: Annotated[Name, Indexed()]
    company: Annotated[str | None, Field(max_length=80)] = None
    address: Annotated[str | None, Field(max_length=70)] = None
    city: Annotated[str | None, Field(max_length=40)] = None
    state: Annotated[str | None, Field(max_length=40)] = None
    country: Annotated[str | None, Indexed(), Field(max_length=40)] = None
    postal_code: Annotated[str | None, Field(max_length=10)] = None
    phone: Annotated[str | None, Field(max_length=24)] = None
    fax: Annotated[str | None, Field(max_length=24)] = None
    email: Email
    support_rep_id: Annotated[int | None, Reference(Employee, expand_as="support_rep")] = None


class Invoice(Model):
    invoice_id: Annotated[int, Key()]
    customer_id: Annotated[int, Reference(Customer)]
    invoice_date: Annotated[datetime, Indexed()]
    billing_address: Annotated[str | None, Field(max_length=70)] = None
    billing_city: Annotated[str | None, Field(max_length=40)] = None
    billing_state: Annotated[str | None, Field(max_length=40)] = None
    billing_country: Annotated[str | None, Indexed(), Field(max_length=40)] = None
    billing_postal_code: Annotated[str | None, Field(max_length=10)] = None
    total: Annotated[Money, Indexed()]


class InvoiceLine(Model):
    invoice_line_id: Annotated[int, Key()]
    invoice_id: Annotated[int, Reference(Invoice)]
    track_id: Annotated[int, Reference(Track)]
    unit_price: Money
    quantity: Annotated[int, Field(gt=0)]


service = Service(
    name="chinook",
    description="The Chinook sample database: a digital-media shop.",
    resources=[
        Resource(Artist, "/artists", access=ANYONE),
        Resource(Album, "/albums", access=ANYONE),
        Resource(Genre, "/genres", access=ANYONE),
        Resource(MediaType, "/media-types", access=ANYONE),
        Resource(Track, "/tracks", access=ANYONE),
        Resource(Playlist, "/playlists", access=ANYONE),
        Resource(PlaylistTrack, "/playlist-tracks", access=ANYONE),
        Resource(Employee, "/employees", access=ANYONE),
        Resource(Customer, "/customers", access=ANYONE),
        Resource(Invoice, "/invoices", access=ANYONE),
        Resource(InvoiceLine, "/invoice-lines", access=ANYONE),
    ],
)
