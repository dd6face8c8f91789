# One image for web and worker: `docker compose up` starts both beside PostgreSQL.
FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN pip install --no-cache-dir --prefix=/install ".[s3,video]"

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 piepowder && mkdir /home/piepowder/var && chown piepowder /home/piepowder/var
COPY --from=build /install /usr/local
USER piepowder
WORKDIR /home/piepowder
ENV PIEPOWDER_HOME=/home/piepowder/var PYTHONUNBUFFERED=1
VOLUME /home/piepowder/var
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["piepowder"]
CMD ["serve", "--host", "0.0.0.0"]
