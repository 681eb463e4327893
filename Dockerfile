# The package, as `npm run package` makes it, once for all platforms.
FROM --platform=$BUILDPLATFORM node:26.10.0-trixie-slim AS build
WORKDIR /source
COPY package.json package-lock.json ./
COPY console/package.json console/
RUN ["npm", "ci", "--ignore-scripts"]
COPY . .
RUN ["npm", "run", "package", "--", "/package"]

# `--build-context package=FOLDER` takes the package from this folder instead.
FROM scratch AS package
COPY --from=build /package/ /

FROM node:26.10.0-trixie-slim AS program
WORKDIR /app
COPY --from=package /*.tgz /tmp/
RUN tar --extract --gzip --file /tmp/*.tgz --strip-components=1 --no-same-owner
# The cache of compiled code belongs to one user ID. The service writes it when it has started.
RUN ["install", "--directory", "--owner=node", "/cache"]
USER node
ENV NODE_COMPILE_CACHE=/cache
RUN ["timeout", "--preserve-status", "15", "node", "bin/task-api.js", "dev", "--port", "0", "--database-url", "file:/tmp/task-api.db"]
RUN ["chmod", "--recursive", "a+rX", "/cache"]

# `--target backup`: the program with `pg_dump`, which has the version of the server.
FROM postgres:18-trixie AS backup
# Node needs it.
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
COPY --from=program /usr/local/bin/node /usr/local/bin/
WORKDIR /app
COPY --from=program /app ./
RUN ["install", "--directory", "--owner=postgres", "--group=postgres", "--mode=700", "/backups"]
VOLUME ["/backups"]
USER postgres
ENTRYPOINT ["node", "bin/task-api.js"]
CMD ["backup", "--to", "/backups", "--every", "6h", "--keep", "28"]

FROM node:26.10.0-trixie-slim
WORKDIR /app
COPY --from=program /app ./
COPY --from=program --chown=root:root /cache /cache
RUN ["install", "--directory", "--owner=node", "--group=node", "--mode=700", "/data", "/backups"]
VOLUME ["/data", "/backups"]
USER node
ENV NODE_COMPILE_CACHE=/cache NODE_OPTIONS=--max-semi-space-size=8 MALLOC_ARENA_MAX=2 HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/task-api.db
EXPOSE 3000
# Liveness only: a new container does not help while the database is unavailable.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
# Node is the first process, so that it receives SIGTERM.
ENTRYPOINT ["node", "bin/task-api.js"]
CMD ["serve"]
