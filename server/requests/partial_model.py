"""A model's fields without what ties them together, so that some of them can be checked alone."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WrapValidator,
    create_model,
)

from storage.model import Model
from storage.record_type import RecordType

_FUNCTIONS = (AfterValidator, BeforeValidator, PlainValidator, WrapValidator)


def partial_model(record_type: RecordType) -> type[BaseModel]:
    """A model in which every field is optional and checked, alone, by its own rules."""
    model = record_type.model
    config: ConfigDict = {**model.model_config, "extra": "forbid", "validate_default": False}
    fields: dict[str, Any] = {
        name: (Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation, Field(None))
        for name, info in model.model_fields.items()
    }
    made: type[BaseModel] = create_model(f"{record_type.name}Part", __config__=config, **fields)
    return made


def checks_fields_together(model: type[Model]) -> bool:
    """Whether a field's rules may look at other fields, or set them: validators written by the team might."""
    own = model.__pydantic_decorators__
    written = own.model_validators or own.field_validators or own.validators or own.root_validators
    in_annotations = any(isinstance(word, _FUNCTIONS) for info in model.model_fields.values() for word in info.metadata)
    return bool(written) or in_annotations or model.model_post_init is not Model.model_post_init
