# All commands of facegan, and the studio, on CPUs. docs/docker.md says how to use it.
FROM python:3.12-slim-bookworm

WORKDIR /source
COPY setup.py setup.cfg pyproject.toml README.md LICENSE ./
COPY facegan facegan
# The package itself, which is no version to pin.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir ".[studio]"

# Photos and pictures: a folder of the host is mounted here.
WORKDIR /faces
# Whoever runs it, libraries can keep their caches.
ENV HOME=/tmp
USER 1000
# The studio's.
EXPOSE 7860
ENTRYPOINT ["facegan"]
CMD ["--help"]
