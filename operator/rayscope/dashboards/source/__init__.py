"""Where the dashboards come from: code that makes their JSON with Grafana's own builders.

    python -m rayscope.dashboards.source DIRECTORY...

writes all of them into each directory. It needs grafana-foundation-sdk, so nothing that is shipped may import it.
"""
