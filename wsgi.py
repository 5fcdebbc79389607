"""For gunicorn and its like: `gunicorn wsgi:app`. Settings come from the environment."""

from registry.app import create_app

app = create_app()
