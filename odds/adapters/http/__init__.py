"""What the services answer HTTP with: health, headers, a WSGI bridge, an orderly end."""
