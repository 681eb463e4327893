FROM node:26.10.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages contain Node, which the image has in the same version.
RUN ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts"]

# A separate stage keeps npm's cache out of the image.
FROM node:26.10.0-trixie-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json ./
COPY bin bin
COPY client/src client/src
COPY src src
RUN ["install", "--directory", "--owner=node", "--group=node", "--mode=700", "/data"]
VOLUME ["/data"]
USER node
ENV MALLOC_ARENA_MAX=2 HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/task-api.db
EXPOSE 3000
# Liveness only: a new container does not help while the database is unavailable.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
# Node is the first process, so that it receives SIGTERM.
ENTRYPOINT ["node", "bin/task-api.js"]
CMD ["serve"]
