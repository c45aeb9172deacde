"""The OpenAPI 3.1 document of a service: complete enough that a generated client works."""

from server.openapi.document import MAXIMUM_BODY_BYTES, openapi_document

__all__ = ["MAXIMUM_BODY_BYTES", "openapi_document"]
