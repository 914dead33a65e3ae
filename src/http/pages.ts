// The pages of search and trends, where these are on, and the files that they are made of.

import { Hono } from "hono";
import type { Config } from "../config/settings.ts";
import { ASSETS, PAGE_HEADERS } from "./page-assets.ts";
import { renderSearchPage } from "./search-page.tsx";
import { renderTrendsPage } from "./trends-page.tsx";

/** What a relay may be without. */
export interface OfferedParts {
  readonly searchIsOn: boolean;
  readonly trendsAreOn: boolean;
}

/** Mount it at "/". */
export function createPages(config: Config, { searchIsOn, trendsAreOn }: OfferedParts): Hono {
  const app = new Hono();
  const add = (path: string, html: () => string): void =>
    void app.get(path, (context) =>
      context.html(html(), 200, { ...PAGE_HEADERS, "Cache-Control": "no-cache" }),
    );
  const others = trendsAreOn ? [{ href: "/trends", label: "Trends" }] : [];
  if (searchIsOn) add("/search", () => renderSearchPage(config, others));
  if (trendsAreOn) add("/trends", () => renderTrendsPage(config));
  addAssets(app);
  return app;
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
