"""Host files: what they may say, and how a mistake is told."""

import textwrap
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError
from callcenter.hosts.model import HttpHost, HttpOperation, OperationKind, SecretSource, SqlHost
from callcenter.hosts.reading import load_hosts

HTTP = """\
type: http
base_url: https://bank.example.org/api
headers:
  Authorization: { file: bank-token, before: "Bearer " }
  X-Channel: telephone
questions:
  balance:
    path: /v1/balance
    arguments:
      account: { pattern: "[0-9]{4,10}" }
    query: [account]
    root: accounts[0]
    answer: { balance: { path: balance, type: decimal }, currency: currency }
acts:
  pay:
    path: /v1/payments
    idempotent: true
    arguments:
      account: { pattern: "[0-9]{4,10}" }
      amount: { type: decimal, least: 0.01, most: 10000 }
    body: { from: account, payment.amount: amount }
    fixed: { payment.currency: EUR }
    answer: { receipt: receipt }
    refusal: { reason: error.code }
checks:
  pin:
    path: /v1/pin
    arguments: { account: { pattern: "[0-9]{4,10}" } }
    body: [account]
    secret: pin
    answer: { name: name }
"""
SQL = """\
type: sql
url: { environment: ORDERS_URL }
questions:
  order:
    sql: SELECT state, due FROM orders WHERE number = :number LIMIT 1
    arguments: { number: { type: integer, least: 1, most: 999999 } }
    answer: { state: state, due: due }
"""


def write(directory: Path, **files: str) -> Path:
    (directory / "hosts").mkdir()
    for name, text in files.items():
        (directory / "hosts" / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    return directory


def test_a_service_and_a_database_are_read(tmp_path: Path) -> None:
    hosts = load_hosts(write(tmp_path, bank=HTTP, orders=SQL))
    bank, orders = hosts["bank"], hosts["orders"]
    assert isinstance(bank, HttpHost)
    assert isinstance(orders, SqlHost)
    assert {name: one.kind for name, one in bank.operations.items()} == {
        "balance": OperationKind.QUESTION,
        "pay": OperationKind.ACT,
        "pin": OperationKind.CHECK,
    }
    assert bank.secret_headers == {"Authorization": ("Bearer ", SecretSource(file="bank-token"))}
    assert bank.operations["balance"].root == ("accounts", 0)
    assert bank.operations["balance"].not_found == {404, 410}
    assert bank.operations["pay"].repeatable
    assert bank.operations["pay"].refused == {409, 422}
    assert not bank.operations["pin"].repeatable
    assert orders.operations["order"].statement.startswith("SELECT state")
    assert "ORDERS_URL" not in repr(orders)


def test_a_house_without_hosts_is_fine(tmp_path: Path) -> None:
    assert load_hosts(tmp_path) == {}


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("type: http", "type: ftp", "bank.yaml:1: type: Input should be 'http' or 'sql'"),
        ("https://bank.example.org/api", "http://bank.example.org/api", "bank.yaml:2: base_url must be https"),
        ("https://bank.example.org/api", "http://10.0.0.1/api", "must be https"),
        ("https://bank.example.org/api", "http://127.0.0.1.example.org/", "must be https"),
        ("https://bank.example.org/api", "https://me:secret@bank.example.org/", "put secrets into headers"),
        ("https://bank.example.org/api", "https://bank.example.org/?a=b", "scheme, host, port and path only"),
        ("https://bank.example.org/api", "https://bank.example.org/a/../b", "steps of . or .."),
        ("https://bank.example.org/api", "file:///etc/passwd", "no address like"),
        ("https://bank.example.org/api", "https://bank.example.org:port/", "is no address"),
        ("path: /v1/balance", "path: /v1/{account}", "bank.yaml:8: questions.balance.path"),
        ("path: /v1/balance", "path: /v1/../admin", "bank.yaml:8: questions.balance: path: steps"),
        ("path: /v1/balance", "path: /v1/balance?x=1", "bank.yaml:8"),
        ("query: [account]", "query: [acount]", "acount is sent, and is no argument"),
        ("    query: [account]\n", "", "the argument account is never sent"),
        ("query: [account]", "body: [account]", "a GET has no body"),
        ('account: { pattern: "[0-9]{4,10}" }\n    query', "account: {}\n    query", "a text needs a pattern"),
        ('account: { pattern: "[0-9]{4,10}" }\n    query', 'account: { pattern: "[" }\n    query', "no regular expr"),
        ("root: accounts[0]", "root: accounts[x]", "bank.yaml:12: questions.balance: 'accounts[x]' is no path"),
        ("currency: currency", "currency: a..b", "is no path"),
        ("payment.amount: amount", "payment: amount", "payment is both a value and something with values in it"),
        ("secret: pin", "secret: account", "stands here twice"),
        ("  pin:\n    path", "  pay:\n    path", "pay stands here twice"),
        ("X-Channel: telephone", "Host: elsewhere", "the header Host is not for you to set"),
        ("X-Channel: telephone", 'X-Channel: "a\\r\\nb"', "bank.yaml:5: headers.X-Channel"),
        ("file: bank-token,", "file: bank-token, environment: X,", "give one of both"),
        ("least: 0.01", "at_least: 0.01", "Extra inputs are not permitted"),
        ("    query: [account]\n", "    query: [account]\n    timeout: 1000\n", "questions.balance.timeout"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    text = HTTP.replace(was, becomes)
    assert text != HTTP
    with pytest.raises(ConfigError) as error:
        load_hosts(write(tmp_path, bank=text))
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM orders WHERE number = :number", "one SELECT is needed"),
        ("SELECT state FROM orders WHERE number = :number", "end it with LIMIT 1"),
        ("SELECT 1 FROM orders WHERE number = :number; DROP TABLE orders", "one SELECT is needed"),
        ("SELECT state FROM orders LIMIT 1", "the argument number is never used"),
        ("SELECT state FROM orders WHERE number = :number AND who = :who LIMIT 1", ":who is no argument"),
    ],
)
def test_a_statement_that_is_no_question_is_refused(tmp_path: Path, statement: str, told: str) -> None:
    text = SQL.replace("SELECT state, due FROM orders WHERE number = :number LIMIT 1", statement)
    with pytest.raises(ConfigError, match=r"orders\.yaml:5") as error:
        load_hosts(write(tmp_path, orders=text))
    assert told in str(error.value)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_hosts(write(tmp_path, a="type: http", b="type: [", Bad=SQL, d="type: sql\nurl: x\nquestions: {}"))
    for told in ("a.yaml:1: base_url: Field required", "b.yaml:2: is no YAML", "Bad.yaml", "d.yaml:3: questions"):
        assert told in str(error.value)


def test_all_operations_are_http_operations(tmp_path: Path) -> None:
    bank = load_hosts(write(tmp_path, bank=HTTP))["bank"]
    pay = bank.operations["pay"]
    assert isinstance(pay, HttpOperation)
    assert pay.body == {"from": "account", "payment.amount": "amount"}
    assert pay.refusal["reason"].optional
