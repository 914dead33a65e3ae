// A page that loads nothing from anywhere: one style, one script, and the headers that forbid all else.

import { createHash } from "node:crypto";
import landingScript from "../web/landing.js" with { type: "text" };
import landingStyle from "../web/landing.css" with { type: "text" };

export interface PageFrame {
  readonly script: string;
  readonly style: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `pictureUrls` are those that the operator has set; their origins alone may be asked for pictures. */
export function pageFrame(pictureUrls: readonly string[]): PageFrame {
  const script = new Bun.Transpiler({ loader: "js", minifyWhitespace: true })
    .transformSync(landingScript)
    .trim();
  const style = landingStyle.replace(/\s*([{}:;,>])\s*/g, "$1").trim();
  return {
    script,
    style,
    headers: { ...SECURITY_HEADERS, "Content-Security-Policy": policyFor(script, style, pictureUrls) },
  };
}

/** For every answer of ours, page or not. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
};

function policyFor(script: string, style: string, pictureUrls: readonly string[]): string {
  const origins = [
    ...new Set(pictureUrls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin)),
  ];
  return [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    `img-src ${["'self'", ...origins].join(" ")}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
