"""The central server: pulls the logs of gateways into its own store."""
