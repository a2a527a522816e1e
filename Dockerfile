# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/passkoll \
 && /opt/passkoll/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && /opt/passkoll/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY mrz/ mrz/
COPY mrtd/ mrtd/
COPY service/ service/
RUN /opt/passkoll/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/passkoll/bin/pip uninstall --yes hatchling editables

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/passkoll --create-home passkoll
COPY --from=build /opt/passkoll /opt/passkoll
USER 10001
WORKDIR /var/lib/passkoll
VOLUME /var/lib/passkoll
ENV PATH=/opt/passkoll/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PASSKOLL_DATA_DIR=/var/lib/passkoll
EXPOSE 8080
# Run with --read-only --tmpfs /tmp; only the volume is written to. SIGTERM ends the service in order (docs/operating.md).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/v1/health/live', timeout=2)"]
ENTRYPOINT ["passkoll"]
CMD ["serve", "--port", "8080"]
