# The relay in a container: dependencies in one stage, and in the other only what runs, as an unprivileged user.

FROM oven/bun:1.4.4-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --production --frozen-lockfile

FROM oven/bun:1.4.4-slim
# libsecp256k1 checks signatures ten times faster than the pure TypeScript that stands in for it. Its package carries the
# number of its interface in its name, which differs between releases of Debian.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends '^libsecp256k1-[0-9]+$' \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json bun.lock bunfig.toml tsconfig.json LICENSE ./
COPY src ./src
RUN mkdir /data && chown bun:bun /data

USER bun
ENV NODE_ENV=production \
    THERMOCLINE_SERVER_HOST=0.0.0.0 \
    THERMOCLINE_SERVER_PORT=7777 \
    THERMOCLINE_DATA_DIR=/data
VOLUME /data
EXPOSE 7777
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["bun", "-e", "process.exit((await fetch(`http://127.0.0.1:${process.env.THERMOCLINE_SERVER_PORT}/health`)).ok ? 0 : 1)"]
# SIGTERM writes what is queued, says goodbye to clients and closes the stores.
STOPSIGNAL SIGTERM
ENTRYPOINT ["bun", "src/cli/thermocline.ts"]
CMD ["serve"]
