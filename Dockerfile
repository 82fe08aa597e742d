# One image with all services: one lock file, one scan, one digest that all of a deploy runs.
# What runs in it is said where it is deployed (cloudbuild.yaml, compose.yaml).
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS dependencies
WORKDIR /build
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: -r requirements.txt

FROM ${PYTHON} AS code
WORKDIR /app
COPY environments.yaml event_bus.yaml ./
COPY odds odds
COPY command_api command_api
COPY projector projector
COPY query_api query_api
COPY replayer replayer

# The same files make the same layers: bytecode names its source by hash, and nothing has a time.
FROM ${PYTHON} AS compiled
COPY --from=dependencies /venv /venv
COPY --from=code /app /app
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /venv/lib /app \
    && find /venv /app -exec touch --no-dereference --date=@0 {} +

FROM ${PYTHON}
COPY --from=compiled /venv /venv
COPY --from=compiled /app /app
WORKDIR /app
# What is written is written to memory: the root file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/dev/shm
USER 65532:65532
EXPOSE 8080
CMD ["gunicorn", "-c", "command_api/gunicorn.conf.py"]
