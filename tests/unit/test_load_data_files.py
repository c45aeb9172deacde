"""Files of a folder find their tables by name."""

from pathlib import Path

import pytest

from server.declaration import checked
from server.identity.access import ANYONE
from server.loading.data_files import FolderUnfit, data_files
from server.service import Resource, Service
from storage.model import Model


class OrderLine(Model):
    text: str


class Product(Model):
    text: str


DECLARATION = checked(
    Service(
        name="shop",
        resources=[
            Resource(OrderLine, "/sales/order-lines", access=ANYONE),
            Resource(Product, "/products", access=ANYONE),
        ],
    )
)


def folder_with(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def refusal(folder: Path) -> list[str]:
    with pytest.raises(FolderUnfit) as refused:
        data_files(folder, DECLARATION)
    return str(refused.value).replace(f"{folder}/", "").splitlines()


def test_a_file_is_called_like_its_table(tmp_path: Path) -> None:
    folder_with(tmp_path, "order_line.ndjson", "product.ndjson", "README.md")

    found = [(file.name, file.record_type.name) for file in data_files(tmp_path, DECLARATION)]

    assert found == [("order_line.ndjson", "OrderLine"), ("product.ndjson", "Product")]


def test_a_file_may_be_called_like_the_end_of_its_path(tmp_path: Path) -> None:
    folder_with(tmp_path, "order-lines.ndjson", "products.ndjson")

    found = [(file.name, file.record_type.name) for file in data_files(tmp_path, DECLARATION)]

    assert found == [("order-lines.ndjson", "OrderLine"), ("products.ndjson", "Product")]


def test_all_that_is_wrong_with_a_folder_is_said_at_once(tmp_path: Path) -> None:
    folder_with(tmp_path, "product.ndjson", "products.ndjson", "prodct.ndjson", "xyz.ndjson")

    assert refusal(tmp_path) == [
        "prodct.ndjson: no table and no resource is called prodct; did you mean product.ndjson?",
        "xyz.ndjson: no table and no resource is called xyz; there could be order_line.ndjson, product.ndjson",
        "products.ndjson: fills the same table as product.ndjson; put their lines into one file",
    ]


def test_a_folder_without_files_says_what_there_could_be(tmp_path: Path) -> None:
    assert refusal(tmp_path) == [f"{tmp_path}: holds no .ndjson file; there could be order_line.ndjson, product.ndjson"]


def test_a_folder_has_to_be_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == [f"{tmp_path / 'none'}: there is no such folder"]
