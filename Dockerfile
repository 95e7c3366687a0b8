# One image for web, worker and commands. What it runs is said by compose.yaml; see docs/operations.md.
# Built in two stages: node, npm and pip's cache stay behind.
FROM python:3.11.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update \
 && apt-get install --yes --no-install-recommends make nodejs npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/kokoroe
COPY requirements.txt requirements.lock ./
RUN python -m venv .venv && .venv/bin/pip install -r requirements.txt -c requirements.lock
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN .venv/bin/python -m config.assets && .venv/bin/python -m config.translate \
 && rm -rf node_modules tests benchmarks

FROM python:3.11.11-slim-bookworm
# pg_dump and pg_restore for `flask backup`; xmlsec1 for sign-on by SAML; tini hands signals on and collects the dead.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client tini xmlsec1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /srv/kokoroe --shell /usr/sbin/nologin kokoroe \
 && install -d -o kokoroe -g kokoroe /var/lib/kokoroe
WORKDIR /srv/kokoroe
# The program belongs to root: the service cannot change itself.
COPY --from=build /srv/kokoroe /srv/kokoroe
ENV PATH=/srv/kokoroe/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LMS_VAR=/var/lib/kokoroe LMS_HOST=0.0.0.0 LMS_PORT=5000
USER kokoroe
VOLUME /var/lib/kokoroe
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5000/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "config.server"]
