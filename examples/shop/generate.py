"""Makes the shop's data set, always the same one: `python examples/shop/generate.py` writes the folder `data`."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

SEED = 20_250_301
OPENED = datetime(2024, 3, 1, 9, tzinfo=UTC)
DAYS_OPEN, DAYS_OF_RELEASES = 365, 120
CUSTOMERS, ORDERS, REVIEWS = 45, 80, 160
MINUTES_A_DAY = 24 * 60
AVAILABLE = 0.95
"""The share of products that can be bought."""

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A category, and what stands on it: names, materials; what the plainest one costs, measures and weighs."""

    slug: str
    name: str
    parent: str | None = None
    things: Sequence[str] = ()
    materials: Sequence[str] = ()
    price: int = 0
    centimetres: int = 1
    kilograms: float = 1.0


SHELVES = (
    Shelf(slug="kitchen", name="Kitchen"),
    Shelf(slug="table", name="At the table", parent="kitchen"),
    Shelf(
        slug="mugs",
        name="Mugs and bowls",
        parent="table",
        things=("Mug", "Bowl", "Beaker", "Jug"),
        materials=("Stoneware", "Porcelain", "Enamel", "Terracotta", "Raku"),
        price=14,
        centimetres=12,
        kilograms=0.4,
    ),
    Shelf(
        slug="boards",
        name="Boards and spoons",
        parent="kitchen",
        things=("Board", "Spoon", "Ladle", "Rolling Pin"),
        materials=("Oak", "Walnut", "Cherry", "Ash", "Olive Wood"),
        price=18,
        centimetres=35,
        kilograms=0.6,
    ),
    Shelf(slug="home", name="Home"),
    Shelf(
        slug="blankets",
        name="Blankets and cushions",
        parent="home",
        things=("Blanket", "Throw", "Cushion"),
        materials=("Wool", "Merino", "Alpaca", "Linen", "Felt"),
        price=49,
        centimetres=120,
        kilograms=1.2,
    ),
    Shelf(
        slug="baskets",
        name="Baskets",
        parent="home",
        things=("Basket", "Hamper", "Tray"),
        materials=("Willow", "Rattan", "Seagrass", "Birch Bark"),
        price=26,
        centimetres=40,
        kilograms=0.9,
    ),
    Shelf(
        slug="stools",
        name="Stools and shelves",
        parent="home",
        things=("Stool", "Bench", "Wall Shelf"),
        materials=("Pine", "Beech", "Maple", "Larch"),
        price=79,
        centimetres=60,
        kilograms=4.5,
    ),
    Shelf(slug="clothes", name="To wear"),
    Shelf(
        slug="knitwear",
        name="Knitwear",
        parent="clothes",
        things=("Scarf", "Cap", "Mittens", "Jumper"),
        materials=("Wool", "Merino", "Mohair", "Yak"),
        price=35,
        centimetres=30,
        kilograms=0.3,
    ),
)
COLOURS = ("natural", "white", "slate", "moss", "rust", "indigo", "ochre")
TAGS = ("gift", "handmade", "new", "last-chance", "vegan", "dishwasher-safe", "made-to-order")
FIRST_NAMES = (
    "Ada",
    "Bjørn",
    "Chloé",
    "Dario",
    "Elif",
    "Françoise",
    "Grete",
    "Hana",
    "Íris",
    "Jürg",
    "Łucja",
    "Nnamdi",
)
LAST_NAMES = ("Sørensen", "Brunner", "Çelik", "Dubois", "Egger", "Ferreira", "Grönlund", "Novák", "Okafor", "Σταύρου")
CITIES = (("Bern", "CH"), ("Zürich", "CH"), ("Genève", "CH"), ("Malmö", "SE"), ("Kraków", "PL"), ("Lisboa", "PT"))
STREETS = ("Mühlegasse", "Hill Road", "Rue du Lac", "Kirchweg", "Skolgatan", "Beco da Fonte")
DOUBT = ("Smaller than I had thought.", "It smelled of the workshop for a week.", "One edge was rough.")
SHRUG = ("It does what it should.", "Came quickly, well packed.", "The colour is a little darker here.")
PRAISE = ("Even finer than in the picture.", "I gave one away and came back for another.", "My hands like it.")
WORDS = {1: DOUBT, 2: DOUBT, 3: SHRUG, 4: PRAISE, 5: PRAISE}


class Generator:
    """Everything in it comes from one source of chance, so its order is part of the data."""

    def __init__(self, seed: int = SEED) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same data every time is the point

    def tables(self) -> dict[str, list[Row]]:
        """Each table's rows, referred to before referring."""
        categories: list[Row] = [
            {"slug": shelf.slug, "name": shelf.name, "parent_slug": shelf.parent} for shelf in SHELVES
        ]
        products = list(self._make_products())
        customers = list(self._make_customers())
        orders, lines = self._make_orders(customers, products)
        return {
            "category": categories,
            "product": products,
            "customer": customers,
            "order": orders,
            "order_line": lines,
            "review": list(self._make_reviews(products, customers)),
        }

    def _make_products(self) -> Iterator[Row]:
        for shelf in SHELVES:
            for thing in shelf.things:
                for number, material in enumerate(shelf.materials, start=1):
                    yield self._product(shelf, thing, material=material, sku=f"{sku_letters(thing)}-{number:03}")

    def _product(self, shelf: Shelf, thing: str, *, material: str, sku: str) -> Row:
        chance, released = self._chance, self._moment(days=DAYS_OF_RELEASES)
        width, height, depth = (shelf.centimetres * Decimal(chance.randint(4, 12)) / 10 for _ in range(3))
        price = shelf.price * Decimal(chance.randint(90, 260)) / 100
        return {
            "id": self._id(released),
            "sku": sku,
            "name": f"{material} {thing}",
            "description": f"{thing} of {material.lower()}, made by hand in our workshop.",
            "category_slug": shelf.slug,
            "price": f"{price.quantize(Decimal('0.1'))}0",
            "stock": chance.choice((0, 1, 3, 8, 20, 50)),
            "available": chance.random() < AVAILABLE,
            "released_on": released.date().isoformat(),
            "weight_kg": chance.choice((None, round(shelf.kilograms * chance.uniform(0.7, 1.6), 2))),
            "size": {"width": str(width), "height": str(height), "depth": str(depth)},
            "tags": sorted(chance.sample(TAGS, k=chance.randint(0, 3))),
            "attributes": {"colour": chance.choice(COLOURS), "material": material.lower()},
        }

    def _make_customers(self) -> Iterator[Row]:
        for number in range(1, CUSTOMERS + 1):
            first, last = self._chance.choice(FIRST_NAMES), self._chance.choice(LAST_NAMES)
            yield {
                "id": self._id(self._moment()),
                "email": f"customer-{number}@example.org",
                "name": f"{first} {last}",
                "tier": self._chance.choice(("new", "new", "regular", "friend")),
            }

    def _make_orders(self, customers: Sequence[Row], products: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        orders: list[Row] = []
        lines: list[Row] = []
        for _ in range(ORDERS):
            placed = self._moment(after=DAYS_OF_RELEASES)
            order_id = self._id(placed)
            bought = [
                self._line(order_id, product) for product in self._chance.sample(products, self._chance.randint(1, 4))
            ]
            lines += bought
            orders.append(self._order(order_id, placed, customer=self._chance.choice(customers), lines=bought))
        return orders, lines

    def _line(self, order_id: str, product: Row) -> Row:
        return {
            "order_id": order_id,
            "product_id": product["id"],
            "quantity": self._chance.randint(1, 4),
            "unit_price": product["price"],
        }

    def _order(self, order_id: str, placed: datetime, *, customer: Row, lines: Sequence[Row]) -> Row:
        city, country = self._chance.choice(CITIES)
        return {
            "id": order_id,
            "customer_id": customer["id"],
            "status": self._chance.choice(("open", "paid", "sent", "sent", "cancelled")),
            "placed_at": placed.isoformat().replace("+00:00", "Z"),
            "total": str(sum(Decimal(str(line["unit_price"])) * int(str(line["quantity"])) for line in lines)),
            "ship_to": {
                "street": f"{self._chance.choice(STREETS)} {self._chance.randint(1, 90)}",
                "city": city,
                "country": country,
            },
        }

    def _make_reviews(self, products: Sequence[Row], customers: Sequence[Row]) -> Iterator[Row]:
        for _ in range(REVIEWS):
            rating = self._chance.choice((1, 2, 3, 4, 4, 5, 5, 5))
            yield {
                "product_id": self._chance.choice(products)["id"],
                "rating": rating,
                "author": str(self._chance.choice(customers)["name"]).split()[0],
                "text": self._chance.choice(WORDS[rating]),
            }

    def _moment(self, *, after: int = 0, days: int = DAYS_OPEN) -> datetime:
        """A minute between two days, counted from the opening."""
        return OPENED + timedelta(days=after, minutes=self._chance.randrange((days - after) * MINUTES_A_DAY))

    def _id(self, moment: datetime) -> str:
        """A UUIDv7 of that moment (RFC 9562 §5.7)."""
        milliseconds = round(moment.timestamp() * 1000)
        bits = self._chance.getrandbits
        return str(UUID(int=milliseconds << 80 | 0x7 << 76 | bits(12) << 64 | 0b10 << 62 | bits(62)))


def sku_letters(thing: str) -> str:
    """`Rolling Pin` → `ROLLINGPIN`."""
    return thing.replace(" ", "").upper()


def write(folder: Path) -> None:
    """Write each table's file."""
    for table, rows in Generator().tables().items():
        lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        (folder / f"{table}.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).with_name("data"))
