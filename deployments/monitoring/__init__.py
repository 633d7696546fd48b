"""What watches the regions: rules for Prometheus and routes for Alertmanager, made from the estate file."""
