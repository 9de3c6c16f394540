"""Reads `hosts/*.yaml` of the configuration directory: host systems, and what flows may ask of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import text

from callcenter.domain.errors import ConfigError
from callcenter.files import read_file
from callcenter.hosts.answers import Path as AnswerPath
from callcenter.hosts.answers import read_path
from callcenter.hosts.file_parts import (
    ActPart,
    AnswerPart,
    Answers,
    AnyFile,
    CheckPart,
    HttpFile,
    HttpPart,
    QuestionPart,
    SecretPart,
    SqlFile,
    SqlQuestionPart,
)
from callcenter.hosts.model import AnswerField, Host, HttpHost, HttpOperation, OperationKind, SqlHost, SqlOperation
from ivr.flow.document import Document

HOSTS_FOLDER = "hosts"


def load_hosts(directory: Path) -> dict[str, Host]:
    """Read all hosts of the configuration directory, by name; there may be none.

    Raises `ConfigError` that lists every problem with file and line.
    """
    problems: list[ConfigError] = []
    hosts: dict[str, Host] = {}
    for path in sorted((directory / HOSTS_FOLDER).glob("*.yaml")):
        if (host := _Reader(path, problems).read()) is not None:
            hosts[path.stem] = host
    if problems:
        raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in problems))
    return hosts


class _Reader:
    """Turns one file into a host; collects what is wrong instead of stopping at the first."""

    def __init__(self, path: Path, problems: list[ConfigError]) -> None:
        self._path = path
        self._problems = problems
        self._document: Document | None = None

    def read(self) -> Host | None:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", self._path.stem):
            self._complain((), "a host's file is named like the host: a-z, 0-9, _ and -, a letter first")
        kind = read_file(self._path, AnyFile, self._problems)
        match kind[0].type if kind else None:
            case "http":
                http = read_file(self._path, HttpFile, self._problems)
                return None if http is None else self._http(*http)
            case "sql":
                sql = read_file(self._path, SqlFile, self._problems)
                return None if sql is None else self._sql(*sql)
            case _:
                return None

    # HTTP

    def _http(self, file: HttpFile, document: Document) -> HttpHost:
        self._document = document
        if why := _wrong_address(file.base_url):
            self._complain(("base_url",), f"base_url {why}")
        for name in file.headers:
            if name.lower() in _OUR_HEADERS | {file.idempotency_header.lower()}:
                self._complain(("headers", name), f"the header {name} is not for you to set")
        secret = {name: value for name, value in file.headers.items() if isinstance(value, SecretPart)}
        return HttpHost(
            name=self._path.stem,
            base_url=file.base_url,
            ca_file=file.ca_file,
            headers={name: value for name, value in file.headers.items() if isinstance(value, str)},
            secret_headers={name: (part.before, part.read()) for name, part in secret.items()},
            idempotency_header=file.idempotency_header,
            at_once=file.at_once,
            max_bytes=file.max_bytes,
            breaker=file.breaker.read(),
            operations=self._http_operations(file),
        )

    def _http_operations(self, file: HttpFile) -> dict[str, HttpOperation]:
        operations: dict[str, HttpOperation] = {}
        for folder, parts in (("questions", file.questions), ("acts", file.acts), ("checks", file.checks)):
            for name, part in parts.items():
                if name in operations:
                    self._complain((folder, name), f"{name} stands here twice")
                operations[name] = self._http_operation(name, part, (folder, name))
        return operations

    def _http_operation(self, name: str, part: QuestionPart | ActPart | CheckPart, at: _Place) -> HttpOperation:
        query, body = _by_name(part.query), _by_name(part.body)
        kind, retries, repeatable = OperationKind.CHECK, 1, False
        not_found, refused, locked = frozenset[int](), frozenset[int](), frozenset[int]()
        refusal: Answers = {}
        verdict, secret_as = None, None
        match part:
            case QuestionPart():
                kind, retries, repeatable, not_found = (
                    OperationKind.QUESTION, part.retries, True, frozenset(part.not_found),
                )  # fmt: skip
            case ActPart():
                kind, retries, repeatable = OperationKind.ACT, part.retries, part.idempotent
                refused, refusal = frozenset(part.refused), part.refusal
            case CheckPart():
                refused, locked, secret_as = frozenset(part.wrong), frozenset(part.locked), part.secret
                verdict = self._answer_path(part.verdict, (*at, "verdict")) if part.verdict else None
        self._check_request(part, query, body, secret_as, at)
        return HttpOperation(
            name=name,
            kind=kind,
            arguments={argument: one.read() for argument, one in part.arguments.items()},
            answer=self._answers(part.answer, (*at, "answer")),
            refusal={
                field: AnswerField(path=one.path, type=one.type, optional=True)
                for field, one in self._answers(refusal, (*at, "refusal")).items()
            },
            root=self._answer_path(part.root, (*at, "root")) if part.root else (),
            timeout=part.timeout,
            retries=retries,
            repeatable=repeatable,
            method=part.method,
            path=part.path,
            query=query,
            body=body,
            fixed=part.fixed,
            secret_as=secret_as,
            not_found=not_found,
            refused=refused,
            locked=locked,
            verdict=verdict,
        )

    def _check_request(
        self, part: HttpPart, query: Mapping[str, str], body: Mapping[str, str], secret_as: str | None, at: _Place
    ) -> None:
        if {".", ".."} & set(part.path.split("/")):
            self._complain((*at, "path"), "path: steps of . and .. are not allowed")
        if body and getattr(part, "method", "") == "GET":
            self._complain((*at, "body"), "a GET has no body; use query, or method: POST")
        members = [*(body or query), *part.fixed, *([secret_as] if secret_as else [])]
        for number, member in enumerate(members):
            if any(other == member or other.startswith(f"{member}.") for other in members[number + 1 :]) or any(
                other.startswith(f"{member}.") for other in members[:number]
            ):
                self._complain(at, f"{member} is both a value and something with values in it, or stands here twice")
        used = {*query.values(), *body.values()}
        for argument in sorted(used - part.arguments.keys()):
            self._complain(at, f"{argument} is sent, and is no argument")
        for argument in sorted(part.arguments.keys() - used):
            self._complain((*at, "arguments", argument), f"the argument {argument} is never sent")

    # SQL

    def _sql(self, file: SqlFile, document: Document) -> SqlHost:
        self._document = document
        operations = {}
        for name, part in file.questions.items():
            at: _Place = ("questions", name)
            self._check_statement(part, (*at, "sql"))
            operations[name] = SqlOperation(
                name=name,
                kind=OperationKind.QUESTION,
                arguments={argument: one.read() for argument, one in part.arguments.items()},
                answer=self._answers(part.answer, (*at, "answer")),
                refusal={},
                root=(),
                timeout=part.timeout,
                retries=part.retries,
                repeatable=True,
                statement=part.sql.strip().rstrip(";"),
            )
        return SqlHost(
            name=self._path.stem,
            url=file.url if isinstance(file.url, str) else file.url.read(),
            at_once=file.at_once,
            breaker=file.breaker.read(),
            operations=operations,
        )

    def _check_statement(self, part: SqlQuestionPart, at: _Place) -> None:
        statement = part.sql.strip().rstrip(";")
        if not re.match(r"(select|with)\b", statement, re.IGNORECASE) or ";" in statement:
            self._complain(at, "sql: one SELECT is needed, and nothing else")
        if not re.search(r"\blimit\s+1$", statement, re.IGNORECASE):
            self._complain(at, "sql: one row is the answer; end it with LIMIT 1")
        bound = set(text(statement).compile().params)
        for name in sorted(bound - part.arguments.keys()):
            self._complain(at, f"sql: :{name} is no argument")
        for name in sorted(part.arguments.keys() - bound):
            self._complain(at, f"sql: the argument {name} is never used; write :{name}")

    # Answers

    def _answers(self, parts: Answers, at: _Place) -> dict[str, AnswerField]:
        answers = {}
        for name, part in parts.items():
            one = AnswerPart(path=part) if isinstance(part, str) else part
            path = self._answer_path(one.path, (*at, name))
            answers[name] = AnswerField(path=path, type=one.type, optional=one.optional)
        return answers

    def _answer_path(self, written: str, at: _Place) -> AnswerPath:
        try:
            return read_path(written)
        except ValueError as error:
            self._complain(at, str(error))
            return ()

    def _complain(self, at: _Place, what: str) -> None:
        where = f"{self._path}:{self._document.line(at)}" if self._document and at else str(self._path)
        self._problems.append(ConfigError(where, ".".join(map(str, at[:2])) + ": " + what if len(at) > 1 else what))


_Place: TypeAlias = tuple[str | int, ...]
_OUR_HEADERS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"}
)


def _by_name(parts: dict[str, str] | list[str]) -> dict[str, str]:
    return parts if isinstance(parts, dict) else {name: name for name in parts}


def _wrong_address(address: str) -> str | None:
    """Return what is wrong with a base address, or None. Only this machine may be spoken to without encryption."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return "is no address"
    if not re.fullmatch(r"[!-~]+", address) or parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is no address like https://host.example.org/api"
    if parts.username is not None or parts.query or parts.fragment or "%" in address or "\\" in address:
        return "is scheme, host, port and path only; put secrets into headers"
    if {".", ".."} & set(parts.path.split("/")):
        return "has steps of . or .. in its path"
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        return "must be https; only this machine (127.0.0.1, ::1) may be spoken to without encryption"
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
