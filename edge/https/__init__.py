"""HTTPS on the site's own network: a certificate authority of the site, and the box's certificate."""
