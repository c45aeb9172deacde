"""The docs page: Swagger UI, vendored, and the routes that serve it and the document it shows."""

from server.docs_page.docs_routes import docs_routes, index_routes

__all__ = ["docs_routes", "index_routes"]
