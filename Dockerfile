# Rayscope's operator and command line.
#
#   docker build -t rayscope .
#
# Both stages start from one Python image: BASE may be any that has python3, 3.11 or later, with its venv module.
ARG BASE=python:3.11-slim-bookworm
# The stage that installs may have another with the same Python, say one that trusts the certificates of your own index.
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
# Where packages come from, if not from PyPI. They are this stage's environment only: nothing of them is in the image.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_QUIET=1
# pip has an environment of its own; what it installs goes into one without it.
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/rayscope
WORKDIR /src
COPY requirements-build.lock requirements-operator.lock ./
RUN /opt/tools/bin/pip install --require-hashes --only-binary=:all: -r requirements-build.lock \
 && /opt/tools/bin/pip --python /opt/rayscope/bin/python3 install --no-compile --require-hashes --only-binary=:all: \
    -r requirements-operator.lock
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
# Compiled once and for all, as nothing can be written where it runs; by content, so that the same code gives the same.
# The typed models of the Kubernetes client, two thirds of all code, are never imported.
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/tools/bin/pip --python /opt/rayscope/bin/python3 install --no-compile --no-deps dist/*.whl \
 && /opt/rayscope/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x "kubernetes/(aio/)?client/(api|models)/" /opt/rayscope/lib

# The base without what installs packages, and without the right to become somebody else.
FROM ${BASE} AS base
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/* \
    /usr/lib/python3*/ensurepip /usr/lib/python3/dist-packages/pip* /usr/share/python-wheels \
    /var/cache/* /var/lib/apt/lists/* /var/log/* /root/.cache /root/.bash* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# One layer of it, in which what was removed takes no room.
FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rayscope" \
      org.opencontainers.image.description="Complete, correct Prometheus monitoring for vLLM on KubeRay, for one label" \
      org.opencontainers.image.source="https://github.com/rayscope/rayscope" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=base / /
COPY --from=build /opt/rayscope /opt/rayscope
ENV PATH=/opt/rayscope/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["rayscope"]
