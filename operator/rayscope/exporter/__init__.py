"""The exporter: reads a prometheus_client multiprocess directory from outside and serves it, stdlib only.

It runs inside every user's GPU pod: it must never import what a Ray image may lack, nor write to a writer's file.
"""
