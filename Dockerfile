# The relay in a container: dependencies in one stage, and in the other only what runs, as an unprivileged user.

FROM oven/bun:1.4.4-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --production --frozen-lockfile

FROM oven/bun:1.4.4-slim
# libsecp256k1 checks signatures ten times faster than the pure TypeScript that stands in for it. Its package carries the
# number of its interface in its name, which differs between releases of Debian. tini is process 1, from which the kernel
# keeps every signal that it has no handler for: a relay that is still starting could not be stopped, only killed.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends '^libsecp256k1-[0-9]+$' tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json bun.lock bunfig.toml tsconfig.json LICENSE ./
COPY src ./src
RUN chmod +x src/cli/thermocline.ts \
  && ln -s /app/src/cli/thermocline.ts /usr/local/bin/thermocline \
  && mkdir /data && chown bun:bun /data

USER bun
ENV NODE_ENV=production \
    THERMOCLINE_SERVER_HOST=0.0.0.0 \
    THERMOCLINE_SERVER_PORT=7777 \
    THERMOCLINE_DATA_DIR=/data
VOLUME /data
EXPOSE 7777
# https when tls.cert is set; the certificate bears the public name, so it is not checked here.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["bun", "-e", "const ask = (scheme) => fetch(`${scheme}://127.0.0.1:${process.env.THERMOCLINE_SERVER_PORT}/health`, { tls: { rejectUnauthorized: false } }); process.exit((await ask('http').catch(() => ask('https'))).ok ? 0 : 1)"]
# SIGTERM writes what is queued, says goodbye to clients and closes the stores.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "thermocline"]
CMD ["serve"]
