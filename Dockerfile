FROM node:26.10.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Without its script the package "node" stays empty: the image has the same version of Node already.
RUN ["npm", "ci", "--omit=dev", "--ignore-scripts"]

# A stage of its own leaves npm's cache behind.
FROM node:26.10.0-trixie-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json ./
COPY src src
RUN ["install", "--directory", "--owner=node", "--group=node", "--mode=700", "/data"]
VOLUME ["/data"]
USER node
ENV HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/task-api.db
EXPOSE 3000
# Whether it answers at all: nothing gets better from a new container while the database is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
# Node itself is the first process, so that it gets the signal to stop.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
