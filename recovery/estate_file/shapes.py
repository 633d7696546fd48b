"""Pydantic's errors about the estate file, told as problems: the key, its value, what would do."""

from difflib import get_close_matches

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from recovery.estate_file.marks import Acts, marks_of, parts_of
from recovery.estate_file.problems import Location, Problem, looks_secret, shown

_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_TYPES = {
    "string_type": ("text", "give text; quotes make text of a number"),
    "int_type": ("a whole number", "give a whole number, without quotes"),
    "int_from_float": ("a whole number", "give a whole number"),
    "float_type": ("a number", "give a number, without quotes"),
    "finite_number": ("a finite number", "give a number"),
    "bool_type": ("true or false", "give true or false, without quotes"),
    "path_type": ("a path", "give a path"),
    "tuple_type": ("a list", "give a list, each entry after a dash"),
    "model_type": ("a mapping", "give keys and values"),
    "model_attributes_type": ("a mapping", "give keys and values"),
    "dict_type": ("a mapping", "give keys and values"),
}


def shape_problems(model: type[BaseModel], error: ValidationError, values: JsonValue) -> list[Problem]:
    """Return what pydantic found wrong with *values*, a problem for each key."""
    details = error.errors(include_url=False)
    return [_problem(model, detail, values) for detail in details if not _follows_from_another(detail)]


def _follows_from_another(detail: ErrorDetails) -> bool:
    """Tell a list that is called too short only because entries of it were refused."""
    value, context = detail["input"], detail.get("ctx", {})
    return detail["type"] == "too_short" and isinstance(value, list) and len(value) >= context["min_length"]


def _problem(model: type[BaseModel], detail: ErrorDetails, values: JsonValue) -> Problem:
    location = _in_the_file(detail["loc"], values)
    match detail["type"]:
        case "missing":
            return Problem(location, "is missing", _how_to_add(model, location))
        case "extra_forbidden":
            return _unknown(model, location, detail["input"])
        case "union_tag_not_found" | "union_tag_invalid":
            return _unknown_kind(location, detail)
        case _:
            return Problem(location, *_wrong_value(detail, shown(detail["input"], location)))


def _unknown_kind(location: Location, detail: ErrorDetails) -> Problem:
    context = detail["ctx"]
    key = str(context["discriminator"]).strip("'")
    if "tag" not in context:
        return Problem((*location, key), "is missing", "say which kind it is")
    return Problem((*location, key), f"is {context['tag']!r}", f"give one of {context['expected_tags']}")


def _wrong_value(detail: ErrorDetails, there: str) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "literal_error":
            remedy = f"give {context['expected']}"
        case "value_error":
            remedy = f"give {context['error']}"
        case "string_pattern_mismatch":
            remedy = f"give text that matches {context['pattern']}"
        case "too_short" | "string_too_short":
            remedy = f"give {context['min_length']} at least"
        case "too_long" | "string_too_long":
            remedy = f"give {context['max_length']} at most"
        case _ if kind in _BOUNDS:
            bound, words = _BOUNDS[kind]
            remedy = f"give a number {words} {context[bound]:g}"
        case _ if kind in _TYPES:
            expected, remedy = _TYPES[kind]
            there = f"{there}, not {expected}"
        case _:
            remedy = f"correct it ({detail['msg']})"
    return f"is {there}", remedy


def _in_the_file(loc: Location, values: JsonValue) -> Location:
    """Return the place in the file: pydantic's own, without the names of union members it passed."""
    place: list[str | int] = []
    for depth, step in enumerate(loc):
        last = depth == len(loc) - 1
        if isinstance(values, dict) and isinstance(step, str):
            if step not in values and not last:
                continue
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        if step != "[key]":
            place.append(step)
    return tuple(place)


def _models_at(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """Return the models that may stand at a place of the file."""
    models = [model]
    for step in location:
        inner = [part for field in _fields(models, step) for part in parts_of(field.annotation)]
        models = inner if _fields(models, step) else models
    return models


def _fields(models: list[type[BaseModel]], key: str | int) -> list[FieldInfo]:
    return [one.model_fields[key] for one in models if isinstance(key, str) and key in one.model_fields]


def _how_to_add(model: type[BaseModel], location: Location) -> str:
    fields = _fields(_models_at(model, location[:-1]), location[-1])
    marks = [mark for field in fields for mark in marks_of(field) if isinstance(mark, Acts)]
    return f"add it ({marks[0].what})" if marks else "add it"


def _unknown(model: type[BaseModel], location: Location, value: object) -> Problem:
    key = str(location[-1])
    known = list(dict.fromkeys(name for m in _models_at(model, location[:-1]) for name in m.model_fields))
    close = get_close_matches(key, known, n=1)
    if looks_secret(key) and not close:
        fact = "looks like a secret, and secrets are not written into this file"
        remedy = "put it into a file of recovery.secrets_directory and name that file with a `..._secret` key"
        return Problem(location, fact, remedy)
    remedy = f"did you mean `{close[0]}`?" if close else f"delete it; known here: {', '.join(known)}"
    return Problem(location, f"is not a known key (its value is {shown(value, location)})", remedy)
