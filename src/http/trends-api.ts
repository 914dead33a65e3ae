// Trends as JSON: in a shape of this relay's own, and in the one that clients know from nostr.band.

import { type Context, Hono } from "hono";
import type { Refusal } from "../nostr/reason.ts";
import {
  TREND_SUBJECTS,
  TREND_WINDOWS,
  type TrendsAsk,
  type TrendSubject,
  type TrendWindowName,
} from "../query/trends-protocol.ts";
import { answerPreflights, CORS } from "./cors.ts";

/** Answers questions about trends as JSON texts. */
export interface TrendsPort {
  answer(ask: TrendsAsk): Promise<string | Refusal>;
}

const JSON_HEADERS = { ...CORS, "Content-Type": "application/json", "Cache-Control": "public, max-age=60" };
const BAND_SUBJECTS: Readonly<Record<string, TrendSubject>> = {
  notes: "notes",
  profiles: "people",
  hashtags: "hashtags",
};
const WINDOW_NAMES = Object.keys(TREND_WINDOWS).join(", ");

/** Mount it at "/". Where nobody reads without AUTH, trends tell nobody what is being read. */
export function createTrendsApi(trends: TrendsPort, authRequired: boolean): Hono {
  const app = new Hono();
  const answer = (
    context: Context,
    asked: Pick<TrendsAsk, "shape" | "what">,
  ): Promise<Response> | Response =>
    authRequired
      ? problem(
          context,
          401,
          "this relay is read after authentication only; read its kind 1985 labels instead",
        )
      : answerAsked(context, trends, asked);
  app.get("/api/trends", (context) => {
    const what = context.req.query("what") ?? "hashtags";
    if (!isSubject(what)) return problem(context, 400, `what is one of ${TREND_SUBJECTS.join(", ")}`);
    return answer(context, { shape: "api", what });
  });
  app.get("/v0/trending/:what", (context) => {
    const name = context.req.param("what");
    if (!Object.hasOwn(BAND_SUBJECTS, name))
      return problem(context, 404, "there are /v0/trending/notes, /profiles and /hashtags");
    return answer(context, { shape: "band", what: BAND_SUBJECTS[name]! });
  });
  answerPreflights(app, ["/api/trends", "/v0/trending/:what"]);
  return app;
}

async function answerAsked(
  context: Context,
  trends: TrendsPort,
  asked: Pick<TrendsAsk, "shape" | "what">,
): Promise<Response> {
  const window = context.req.query("window") ?? "24h";
  if (!isWindow(window)) return problem(context, 400, `window is one of ${WINDOW_NAMES}`);
  const language = (context.req.query("lang") ?? "").toLowerCase();
  if (!/^(?:[a-z]{2})?$/.test(language)) return problem(context, 400, "lang is two letters, as in ISO 639-1");
  const text = await trends.answer({ ...asked, window, language: asked.what === "notes" ? language : "" });
  if (typeof text !== "string") {
    context.header("Retry-After", "5");
    return problem(context, 503, text.text);
  }
  return context.body(text, 200, JSON_HEADERS);
}

function problem(context: Context, status: 400 | 401 | 404 | 503, error: string): Response {
  return context.json({ error }, status, { ...CORS, "Cache-Control": "no-store" });
}

function isSubject(text: string): text is TrendSubject {
  return (TREND_SUBJECTS as readonly string[]).includes(text);
}

function isWindow(text: string): text is TrendWindowName {
  return Object.hasOwn(TREND_WINDOWS, text);
}
