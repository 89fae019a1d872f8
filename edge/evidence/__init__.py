"""Evidence bundles: one file that proves by itself what the gateway saw (docs/evidence.md)."""
