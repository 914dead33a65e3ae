// Scripts and styles of the trends and search pages as files of this relay: named by their content, kept for ever.

import { createHash } from "node:crypto";
import plotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import plotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import baseStyle from "../web/landing.css" with { type: "text" };
import documentStyle from "../web/page-document.css" with { type: "text" };
import searchStyle from "../web/search-page.css" with { type: "text" };
import searchScript from "../web/search-page.js" with { type: "text" };
import trendsStyle from "../web/trends-page.css" with { type: "text" };
import trendsScript from "../web/trends-page.js" with { type: "text" };
import { SECURITY_HEADERS } from "./page-frame.ts";

export interface Asset {
  /** Changes with the content. */
  readonly path: string;
  readonly text: string;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface PageAssets {
  readonly scripts: readonly Asset[];
  readonly styles: readonly Asset[];
}

/** Nothing but files of this relay and its own socket: no inline script, no picture from elsewhere, no form target. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
};

export const TRENDS_ASSETS: PageAssets = {
  scripts: [script("plot", plotScript), script("trends", trendsScript)],
  styles: [style("trends", [baseStyle, documentStyle, plotStyle, trendsStyle])],
};

export const SEARCH_ASSETS: PageAssets = {
  scripts: [script("search", searchScript)],
  styles: [style("search", [baseStyle, documentStyle, searchStyle])],
};

/** By path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map(
  [TRENDS_ASSETS, SEARCH_ASSETS].flatMap(({ scripts, styles }) =>
    [...scripts, ...styles].map((asset) => [asset.path, asset] as const),
  ),
);

function script(name: string, source: string): Asset {
  const text = new Bun.Transpiler({ loader: "js", minifyWhitespace: true }).transformSync(source).trim();
  return asset(name, "js", text, "text/javascript; charset=utf-8");
}

function style(name: string, sources: readonly string[]): Asset {
  const text = sources
    .join("\n")
    .replace(/\s*([{}:;,>])\s*/g, "$1")
    .trim();
  return asset(name, "css", text, "text/css; charset=utf-8");
}

function asset(name: string, ending: string, text: string, type: string): Asset {
  const mark = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { path: `/assets/${name}-${mark}.${ending}`, text, packed: Bun.gzipSync(text), type };
}
