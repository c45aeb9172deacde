# syntax=docker/dockerfile:1
# Mainstay without its embedded servers: for use with a Postgres and a Redis that run elsewhere.

# The whole image, not the slim one: it has a C compiler.
FROM python:3.13.7-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/mainstay
WORKDIR /source
COPY pyproject.toml setup.cfg setup.py README.md LICENSE ./
COPY telemetry telemetry
COPY middleware middleware
COPY storage storage
COPY server server
# What every request goes through is compiled, by what is left behind here.
RUN python -m venv /opt/build && /opt/build/bin/pip install '.[compiled]' && \
    MAINSTAY_COMPILED=1 /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir /wheels .
RUN /opt/mainstay/bin/pip install /wheels/*.whl

FROM python:3.13.7-slim-bookworm
# A number and not only a name, so that an orchestrator can see for itself that this is not root.
RUN useradd --system --uid 10001 --home-dir /service --shell /usr/sbin/nologin mainstay
COPY --from=build /opt/mainstay /opt/mainstay
ENV PATH=/opt/mainstay/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MAINSTAY_HOST=0.0.0.0
USER 10001
WORKDIR /service
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8081/livez', timeout=2)"]
ENTRYPOINT ["mainstay"]
CMD ["serve", "service.py"]
