"""A service's configuration file: read, checked, or refused in one line."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from recovery.errors import BadInput

C = TypeVar("C", bound=BaseModel)


def read(path: Path, model: type[C], *, service: str) -> C:
    """Return the configuration in *path*, or raise `BadInput` with every key that is wrong, in one line."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadInput(f"{path} can not be read ({error.strerror}); give the {service}'s file.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"{path} is no YAML: {said}; correct it there.") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']} (it is {one['input']!r:.80})"
            for one in error.errors()
        )
        raise BadInput(f"{path} was refused: {wrong}.") from error
