// The frame that the trends and search pages share: head, name of the relay, the way to the other pages, and scripts.
/** @jsxImportSource hono/jsx */

import type { FC, PropsWithChildren } from "hono/jsx";
import type { Config } from "../config/settings.ts";
import type { PageAssets } from "./page-assets.ts";

export interface PageLink {
  readonly href: string;
  readonly label: string;
}

interface DocumentProps {
  readonly config: Config;
  readonly title: string;
  readonly assets: PageAssets;
  readonly links: readonly PageLink[];
}

/** The whole document as text; everything in it is escaped. */
export function documentText(element: unknown): string {
  return `<!DOCTYPE html>${String(element)}`;
}

export const Document: FC<PropsWithChildren<DocumentProps>> = ({
  config,
  title,
  assets,
  links,
  children,
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · ${config.relay.name}`}</title>
      <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      {assets.styles.map(({ path }) => (
        <link rel="stylesheet" href={path} />
      ))}
      {assets.scripts.map(({ path }) => (
        <script src={path} defer></script>
      ))}
    </head>
    <body>
      <header class="top">
        <nav aria-label="Pages">
          <a href="/">{config.relay.name}</a>
          {links.map(({ href, label }) => (
            <a href={href}>{label}</a>
          ))}
        </nav>
        <h1>{title}</h1>
      </header>
      <main>{children}</main>
    </body>
  </html>
);
