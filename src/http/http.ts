// Everything that the relay says over plain HTTP, as one fetch function; sockets are the gateway's.

import { type Context, Hono } from "hono";
import type { Config } from "../config/settings.ts";
import faviconSvg from "../web/favicon.svg" with { type: "text" };
import { acceptQuality } from "./accept.ts";
import { answerPreflights, CORS } from "./cors.ts";
import { renderLandingPage } from "./landing-page.tsx";
import { metricsAccess } from "./metrics-access.ts";
import { relayInformation, type RelayInformationFacts } from "./nip11.ts";
import { durationInWords } from "./plain-words.ts";
import { pageFrame, SECURITY_HEADERS } from "./page-frame.ts";
import { createPages, type OfferedParts } from "./pages.ts";
import { Rate } from "./rate.ts";
import type { RelayStats, ShownStats } from "./stats.ts";
import { createTrendsApi, type TrendsPort } from "./trends-api.ts";

export interface Readiness {
  /** Empty when the relay can take work; otherwise one sentence for each thing in the way. */
  readonly reasons: readonly string[];
}

/** What HTTP needs of the relay. All of it is asked anew for each answer. */
export interface HttpDeps {
  readonly config: Config;
  readonly information: () => RelayInformationFacts;
  readonly stats: () => RelayStats;
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> };
  /** Absent where trends are off. */
  readonly trends?: TrendsPort;
  /** Told of a defect; the client only gets a 500. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds of a steady clock; performance.now when left out. */
  readonly now?: () => number;
}

export interface Http {
  /** `clientIp` is the one behind trusted proxies. Never rejects. */
  fetch(request: Request, clientIp: string): Response | Promise<Response>;
}

type Env = { Bindings: { clientIp: string } };
type App = Hono<Env>;

/** Nothing here is written over HTTP. */
const READING_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];
const ALLOW = { Allow: READING_METHODS.join(", ") };
const NOSTR_JSON = "application/nostr+json";
const NIP_SEARCH = 50;
/** A rendered page is shown again for this long. */
const PAGE_FRESH_MS = 1000;
/** The system's time may be set back, and what was rendered before would be shown until it has come so far again. */
const steadyMs = (): number => performance.now();

/** Builds the routes. Holds no timer and no connection: there is nothing to stop. */
export function createHttp(deps: HttpDeps): Http {
  const app: App = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  });
  app.use(async (context, next) => {
    if (READING_METHODS.includes(context.req.method)) return next();
    return context.text("Read with GET, or speak Nostr over a WebSocket at /.\n", 405, ALLOW);
  });
  const stats = shownStats(deps);
  addFrontDoor(app, deps, stats);
  addHealth(app, deps);
  addMetrics(app, deps);
  app.route("/", createPages(deps.config, offered(deps)) as unknown as App);
  if (deps.trends !== undefined)
    app.route("/", createTrendsApi(deps.trends, deps.config.auth.required) as unknown as App);
  answerPreflights(app, ["/", "/stats.json"]);
  app.get("/stats.json", (context) => context.json(stats(), 200, { ...CORS, "Cache-Control": "no-store" }));
  app.get("/favicon.svg", (context) =>
    context.body(faviconSvg, 200, { "Content-Type": "image/svg+xml", "Cache-Control": "max-age=86400" }),
  );
  app.get("/robots.txt", (context) => context.text("User-agent: *\nAllow: /$\nDisallow: /\n"));
  app.options("*", (context) => context.body(null, 204, ALLOW));
  app.notFound((context) => context.text("There is nothing here; the relay is at /.\n", 404));
  app.onError((error, context) => {
    deps.onError(error);
    return context.text("Something went wrong here; it was logged.\n", 500);
  });
  return { fetch: (request, clientIp) => app.fetch(request, { clientIp }) };
}

function offered(deps: HttpDeps): OfferedParts {
  const searchIsOn = deps.information().supportedNips.includes(NIP_SEARCH);
  return { searchIsOn, trendsAreOn: deps.trends !== undefined };
}

/** `/` is NIP-11 for programs that ask for it, and a page for all others. */
function addFrontDoor(app: App, deps: HttpDeps, stats: () => ShownStats): void {
  const page = landingPage(deps, stats);
  app.get("/", (context) => {
    context.header("Vary", "Accept");
    const accept = context.req.header("accept");
    const wanted = acceptQuality(accept, NOSTR_JSON);
    return wanted > 0 && wanted >= acceptQuality(accept, "text/html")
      ? information(context, deps)
      : page(context);
  });
}

function information(context: Context<Env>, deps: HttpDeps): Response {
  const document = relayInformation(deps.config, deps.information());
  return context.body(JSON.stringify(document), 200, { ...CORS, "Content-Type": NOSTR_JSON });
}

function landingPage(deps: HttpDeps, stats: () => ShownStats): (context: Context<Env>) => Response {
  const { config, now = steadyMs } = deps;
  const frame = pageFrame([config.relay.icon, config.relay.banner]);
  const parts = offered(deps);
  let rendered = { html: "", atMs: Number.NEGATIVE_INFINITY };
  return (context) => {
    if (now() - rendered.atMs >= PAGE_FRESH_MS) {
      const { version, supportedNips } = deps.information();
      const html = renderLandingPage({ config, frame, version, supportedNips, ...parts, stats: stats() });
      rendered = { html, atMs: now() };
    }
    return context.html(rendered.html, 200, { ...frame.headers, "Cache-Control": "no-cache" });
  };
}

function shownStats({ stats, now = steadyMs }: HttpDeps): () => ShownStats {
  const first = stats();
  const events = new Rate(first.eventsReceived, now());
  const deliveries = new Rate(first.deliveries, now());
  return () => {
    const current = stats();
    return {
      connections: current.connections,
      subscriptions: current.subscriptions,
      events_stored: current.eventsStored,
      events_per_second: events.read(current.eventsReceived, now()),
      deliveries_per_second: deliveries.read(current.deliveries, now()),
      uptime_seconds: Math.floor(current.uptimeSeconds),
      uptime: durationInWords(current.uptimeSeconds),
    };
  };
}

function addHealth(app: App, deps: HttpDeps): void {
  const fresh = { "Cache-Control": "no-store" };
  // Alive is whoever answers: a restart would help only if this did not.
  app.get("/health", (context) => context.json({ status: "ok" }, 200, fresh));
  app.get("/ready", (context) => {
    const { reasons } = deps.readiness();
    return reasons.length === 0
      ? context.json({ status: "ready" }, 200, fresh)
      : context.json({ status: "not ready", reasons }, 503, fresh);
  });
}

function addMetrics(app: App, { config, metrics }: HttpDeps): void {
  if (!config.metrics.enabled) return;
  app.get("/metrics", async (context) => {
    const request = { clientIp: context.env.clientIp, headers: context.req.raw.headers };
    const access = metricsAccess(request, config.metrics.token);
    if (access.type === "refused") {
      if (access.status === 401) context.header("WWW-Authenticate", "Bearer");
      return context.text(`${access.text}\n`, access.status);
    }
    return context.body(await metrics.exposition(), 200, {
      "Content-Type": metrics.contentType,
      "Cache-Control": "no-store",
    });
  });
}
