# All commands of facegan, and the studio, for CPUs. For instructions, see docs/docker.md.
FROM python:3.12-slim-bookworm

WORKDIR /source
COPY setup.py setup.cfg pyproject.toml README.md LICENSE ./
COPY facegan facegan
# This installs the package itself, so there is no version to pin.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir ".[studio]"

# A folder of the host with photos and results is mounted here.
WORKDIR /faces
# Writable for any user, so that libraries can keep their caches.
ENV HOME=/tmp
USER 1000
# The studio's port.
EXPOSE 7860
ENTRYPOINT ["facegan"]
CMD ["--help"]
