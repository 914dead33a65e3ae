// Trends over HTTP: JSON of this relay's own, the shape that clients know from nostr.band, and the pages for people.

import { type Context, Hono } from "hono";
import type { Config } from "../config/settings.ts";
import type { Refusal } from "../nostr/reason.ts";
import {
  TREND_SUBJECTS,
  TREND_WINDOWS,
  type TrendsAsk,
  type TrendSubject,
  type TrendWindowName,
} from "../query/trends-protocol.ts";
import { ASSETS, PAGE_HEADERS } from "./trends-assets.ts";
import { renderSearchPage } from "./search-page.tsx";
import { renderTrendsPage } from "./trends-page.tsx";

/** Answers questions about trends as JSON texts. */
export interface TrendsPort {
  answer(ask: TrendsAsk): Promise<string | Refusal>;
}

export interface TrendsRoutesDeps {
  readonly config: Config;
  /** Absent where trends are off. */
  readonly trends?: TrendsPort;
  readonly searchIsOn: boolean;
}

// Clients run in pages of any origin.
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
};
const JSON_HEADERS = { ...CORS, "Content-Type": "application/json", "Cache-Control": "public, max-age=60" };
const BAND_SUBJECTS: Readonly<Record<string, TrendSubject>> = {
  notes: "notes",
  profiles: "people",
  hashtags: "hashtags",
};
const WINDOW_NAMES = Object.keys(TREND_WINDOWS).join(", ");

/** Mount it at "/". Answers nothing about trends where they are off. */
export function createTrendsRoutes(deps: TrendsRoutesDeps): Hono {
  const { config, trends, searchIsOn } = deps;
  const app = new Hono();
  addAssets(app);
  const others = trends === undefined ? [] : [{ href: "/trends", label: "Trends" }];
  if (searchIsOn) app.get("/search", (context) => page(context, renderSearchPage(config, others)));
  if (trends === undefined) return app;
  app.get("/trends", (context) => page(context, renderTrendsPage(config)));
  app.get("/api/trends", (context) => {
    const what = context.req.query("what") ?? "hashtags";
    if (!isSubject(what)) return problem(context, 400, `what is one of ${TREND_SUBJECTS.join(", ")}`);
    return answer(context, deps, { shape: "api", what });
  });
  app.get("/v0/trending/:what", (context) => {
    const name = context.req.param("what");
    if (!Object.hasOwn(BAND_SUBJECTS, name))
      return problem(context, 404, "there are /v0/trending/notes, /profiles and /hashtags");
    return answer(context, deps, { shape: "band", what: BAND_SUBJECTS[name]! });
  });
  for (const path of ["/api/trends", "/v0/trending/:what"])
    app.options(path, (context) => context.body(null, 204, { ...CORS, "Access-Control-Max-Age": "86400" }));
  return app;
}

async function answer(
  context: Context,
  { config, trends }: TrendsRoutesDeps,
  asked: Pick<TrendsAsk, "shape" | "what">,
): Promise<Response> {
  // Where nobody reads without AUTH, trends tell nobody what is being read.
  if (config.auth.required)
    return problem(
      context,
      401,
      "this relay is read after authentication only; read its kind 1985 labels instead",
    );
  const window = context.req.query("window") ?? "24h";
  if (!isWindow(window)) return problem(context, 400, `window is one of ${WINDOW_NAMES}`);
  const language = (context.req.query("lang") ?? "").toLowerCase();
  if (!/^(?:[a-z]{2})?$/.test(language)) return problem(context, 400, "lang is two letters, as in ISO 639-1");
  const text = await trends!.answer({ ...asked, window, language: asked.what === "notes" ? language : "" });
  if (typeof text !== "string") {
    context.header("Retry-After", "5");
    return problem(context, 503, text.text);
  }
  return context.body(text, 200, JSON_HEADERS);
}

function problem(context: Context, status: 400 | 401 | 404 | 503, error: string): Response {
  return context.json({ error }, status, { ...CORS, "Cache-Control": "no-store" });
}

function page(context: Context, html: string): Response {
  return context.html(html, 200, { ...PAGE_HEADERS, "Cache-Control": "no-cache" });
}

function addAssets(app: Hono): void {
  app.get("/assets/:name", (context) => {
    const asset = ASSETS.get(`/assets/${context.req.param("name")}`);
    if (asset === undefined) return context.notFound();
    const headers = {
      "Content-Type": asset.type,
      "Cache-Control": "public, max-age=31536000, immutable",
      Vary: "Accept-Encoding",
    };
    const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
    return takesGzip
      ? context.body(asset.packed, 200, { ...headers, "Content-Encoding": "gzip" })
      : context.body(asset.text, 200, headers);
  });
}

function isSubject(text: string): text is TrendSubject {
  return (TREND_SUBJECTS as readonly string[]).includes(text);
}

function isWindow(text: string): text is TrendWindowName {
  return Object.hasOwn(TREND_WINDOWS, text);
}
