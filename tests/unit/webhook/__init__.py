"""The webhook: rules, wire form, certificates, and the server on real TLS."""
