"""Reading YAML that holds nothing but text, numbers, true and false, lists and mappings.

Keys are text and appear once. Anchors, aliases and merge keys are fine, within bounds.
"""

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.estate_file.problems import Location, Problem, refusal, shown

LARGEST_FILE_BYTES = 1_000_000
MOST_VALUES = 20_000
DEEPEST = 30
_TAG = "tag:yaml.org,2002:"
_PLAIN = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass
class Document:
    """What a file says, where it says it, and what is wrong with it as YAML."""

    name: str
    usable: bool = True
    """False once something was met that no plain value can be made of."""
    values: JsonValue = None
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_document(path: Path) -> Document:
    """Return what the file says. `BadInput` for what is no file, no text, or no YAML of the plain kind."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"{path} cannot be read ({why}); give the path of an estate file.") from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise BadInput(f"{path} is larger than {LARGEST_FILE_BYTES} bytes; give the path of an estate file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path} is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x}); save it as UTF-8."
        ) from error
    return parse_document(text, str(path))


def parse_document(text: str, name: str) -> Document:
    """Return what *text* says; `BadInput` names the line where it stops being YAML."""
    document = Document(name)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            raise BadInput(f"{name} is empty; write the ten blocks of an estate into it.")
        _look_at(node, (), document)
        if not document.usable:
            raise refusal(name, document.problems, document.lines)
        document.values = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "it"
        raise BadInput(f"{name} is not YAML: {where}: {error.problem}; correct that line.") from error
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        raise BadInput(f"{name} is not YAML: {why}; save it as plain text.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{name} holds a value that YAML cannot hold ({type(error).__name__}); put text in quotes."
        ) from error
    return document


def _look_at(node: yaml.Node, here: Location, document: Document) -> None:
    """Note the line of every value under *node*, and what is wrong with it."""
    document.lines[here] = node.start_mark.line + 1
    if len(document.lines) > MOST_VALUES or len(here) > DEEPEST:
        raise BadInput(
            f"{document.name} has more than {MOST_VALUES} values, or more than {DEEPEST} levels, with "
            "what its anchors repeat; an estate needs a few hundred values."
        )
    if node.tag == _TAG + "null":
        document.problems.append(Problem(here, "has no value", "give one, or delete the key"))
    elif node.tag not in _PLAIN:
        kind = node.tag.removeprefix(_TAG)
        _refuse(document, here, f"{shown(node.value, here)} is a {kind} to YAML", "put text in quotes")
    elif isinstance(node, yaml.ScalarNode) and not _is_unicode(node.value):
        _refuse(document, here, "it has half a character", "write it whole, or without the escape")
    elif isinstance(node, yaml.MappingNode):
        _look_at_mapping(node, here, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _look_at(item, (*here, index), document)


def _look_at_mapping(node: yaml.MappingNode, here: Location, document: Document) -> None:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag == _TAG + "merge":
            _look_at(value, (*here, "<<"), document)
            continue
        if key.tag != _TAG + "str":
            fact = f"its key {shown(key.value)} in line {line} is no text"
            _refuse(document, here, fact, "put the key in quotes")
            continue
        if key.value in seen:
            fact = f"is there twice, in lines {seen[key.value]} and {line}"
            document.problems.append(Problem((*here, key.value), fact, "keep one of them"))
        seen[key.value] = line
        _look_at(value, (*here, key.value), document)


def _refuse(document: Document, here: Location, why: str, remedy: str) -> None:
    document.usable = False
    document.problems.append(Problem(here, f"cannot be used: {why}", remedy))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
