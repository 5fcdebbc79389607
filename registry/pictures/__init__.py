"""Pictures: data in, SVG text out. Nothing here knows a database, a request or a file."""
