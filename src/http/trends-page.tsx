// The page that shows people what is talked about: a plot with its table for each subject, filled in by a script.
/** @jsxImportSource hono/jsx */

import type { FC } from "hono/jsx";
import type { Config } from "../config/settings.ts";
import { TREND_WINDOWS } from "../query/trends-protocol.ts";
import { TRENDS_ASSETS } from "./page-assets.ts";
import { Document, documentText } from "./page-document.tsx";

interface PanelProps {
  readonly what: string;
  readonly title: string;
  readonly columns: readonly string[];
}

const PANELS: readonly PanelProps[] = [
  { what: "hashtags", title: "Hashtags", columns: ["Hashtag", "People", "Posts", "Pace"] },
  { what: "people", title: "People", columns: ["Person", "People", "New followers", "Pace"] },
  { what: "links", title: "Links", columns: ["Link", "People", "Posts", "Pace"] },
  { what: "media", title: "Media", columns: ["File", "People", "Posts", "Pace"] },
];

/** Where trends are counted, search is on too. */
export function renderTrendsPage(config: Config): string {
  return documentText(
    <Document
      config={config}
      title="Trends"
      assets={TRENDS_ASSETS}
      links={[{ href: "/search", label: "Search" }]}
    >
      <p class="about">
        What people here talk about, counted by people and not by posts, against what is usual. Crowds that
        nobody vouches for count little.
      </p>
      <form id="windows" hidden>
        <fieldset>
          <legend>The last</legend>
          {Object.keys(TREND_WINDOWS).map((name) => (
            <label>
              <input type="radio" name="window" value={name} checked={name === "24h"} />
              <span>{WORDS[name] ?? name}</span>
            </label>
          ))}
        </fieldset>
      </form>
      <p id="told" class="quiet" role="status"></p>
      <noscript>
        <p>
          This page needs JavaScript; the same as data is at{" "}
          <a href="/api/trends?what=hashtags&window=24h">/api/trends</a>.
        </p>
      </noscript>
      <div id="panels">
        <Panel {...PANELS[0]!} />
        <section id="notes" aria-labelledby="notes-title" hidden>
          <h2 id="notes-title">Notes</h2>
          <ol class="notes"></ol>
          <Empty />
        </section>
        {PANELS.slice(1).map((panel) => (
          <Panel {...panel} />
        ))}
      </div>
    </Document>,
  );
}

const WORDS: Readonly<Record<string, string>> = {
  "1h": "hour",
  "4h": "4 hours",
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
};

const Panel: FC<PanelProps> = ({ what, title, columns }) => (
  <section class="panel" data-what={what} aria-labelledby={`${what}-title`} hidden>
    <h2 id={`${what}-title`}>{title}</h2>
    <div class="beside">
      <div class="plot" role="img"></div>
      <table aria-labelledby={`${what}-title`}>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th scope="col" class={at === 0 ? undefined : "number"}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody></tbody>
      </table>
    </div>
    <Empty />
    <button type="button" class="more" hidden>
      Show all
    </button>
  </section>
);

const Empty: FC = () => (
  <p class="quiet empty" hidden>
    Nothing stands out here in this time.
  </p>
);
