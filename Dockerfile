FROM node:26.10.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages are Node itself: the image has the same version already.
RUN ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts"]

# A stage of its own leaves npm's cache behind.
FROM node:26.10.0-trixie-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json ./
COPY bin bin
COPY src src
RUN ["install", "--directory", "--owner=node", "--group=node", "--mode=700", "/data"]
VOLUME ["/data"]
USER node
ENV HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/task-api.db
EXPOSE 3000
# Whether it answers at all: nothing gets better from a new container while the database is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
# Node itself is the first process, so that it gets the signal to stop.
ENTRYPOINT ["node", "bin/task-api.js"]
CMD ["serve"]
