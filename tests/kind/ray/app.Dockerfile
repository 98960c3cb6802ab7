# An application on top of an image with Ray.
ARG BASE
FROM ${BASE}
COPY --chown=1000:1000 . /home/ray/app/
ENV PYTHONPATH=/home/ray/app
# By name, as in Ray's own image: Kubernetes cannot tell whether that is root.
USER ray
