// The front page: what this relay is, how to connect, what it allows, and how it is doing.
/** @jsxImportSource hono/jsx */

import type { FC, PropsWithChildren } from "hono/jsx";
import { raw } from "hono/html";
import type { Config } from "../config/settings.ts";
import { describeNips } from "./nip-titles.ts";
import type { PageFrame } from "./page-frame.ts";
import type { OfferedParts } from "./pages.ts";
import { limitsInWords, number, policyInWords, type Sentence } from "./plain-words.ts";
import type { ShownStats } from "./stats.ts";

export interface LandingPage extends OfferedParts {
  readonly config: Config;
  readonly frame: PageFrame;
  readonly version: string;
  readonly supportedNips: readonly number[];
  readonly stats: ShownStats;
}

/** The whole document as text. Everything that comes from settings is escaped. */
export function renderLandingPage(page: LandingPage): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- the text of a hono element is its markup
  return `<!DOCTYPE html>${String(<Document {...page} />)}`;
}

const Document: FC<LandingPage> = (page) => {
  const { relay } = page.config;
  const summary = relay.description === "" ? "A Nostr relay." : relay.description;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{relay.name}</title>
        <meta name="description" content={summary} />
        <meta property="og:title" content={relay.name} />
        <meta property="og:description" content={summary} />
        {relay.banner === "" ? null : <meta property="og:image" content={relay.banner} />}
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <style>{raw(page.frame.style)}</style>
      </head>
      <body>
        <Header {...page} />
        <main>
          <Numbers stats={page.stats} />
          {page.searchIsOn ? <Search trendsAreOn={page.trendsAreOn} /> : null}
          <div class="columns">
            <Facts title="Who may do what" facts={policyInWords(page.config)} />
            <Facts title="Limits" facts={limitsInWords(page.config)} />
            <Nips numbers={page.supportedNips} />
            <Operator config={page.config} />
          </div>
        </main>
        <footer>
          Thermocline {page.version} · the same for programs: this address with{" "}
          <code>Accept: application/nostr+json</code>
        </footer>
        <script>{raw(page.frame.script)}</script>
      </body>
    </html>
  );
};

const Header: FC<LandingPage> = ({ config: { relay } }) => (
  <header>
    {relay.banner === "" ? null : <img class="banner" src={relay.banner} alt="" />}
    <div class="title">
      {relay.icon === "" ? null : <img src={relay.icon} alt="" width="64" height="64" />}
      <h1>{relay.name}</h1>
    </div>
    <p class="about">{relay.description === "" ? "A Nostr relay." : relay.description}</p>
    <p class="quiet">Add this address to your Nostr client:</p>
    <div class="address">
      <code id="address">{relay.urls[0] ?? ""}</code>
      <button id="copy" type="button" hidden>
        Copy
      </button>
    </div>
    <p id="copied" class="quiet" role="status"></p>
  </header>
);

const Numbers: FC<{ stats: ShownStats }> = ({ stats }) => {
  const shown: readonly (readonly [keyof ShownStats, string])[] = [
    ["connections", "connections"],
    ["events_per_second", "events a second"],
    ["events_stored", "events stored"],
    ["uptime", "up for"],
  ];
  return (
    <dl class="numbers" aria-label="Live numbers">
      {shown.map(([key, label]) => (
        <div>
          <dt>{label}</dt>
          <dd data-stat={key}>{statText(stats[key])}</dd>
        </div>
      ))}
    </dl>
  );
};

function statText(value: number | string): string {
  return typeof value === "string" ? value : number(Math.round(value * 10) / 10);
}

const Search: FC<{ trendsAreOn: boolean }> = ({ trendsAreOn }) => (
  <section aria-labelledby="search-title">
    <h2 id="search-title">Search</h2>
    <form id="search" role="search" hidden>
      <input
        name="words"
        type="search"
        aria-label="Words to search for"
        placeholder="words, #tag, npub…"
        dir="auto"
        autocomplete="off"
        maxlength={200}
      />
      <button type="submit">Search</button>
    </form>
    <noscript>Searching here needs JavaScript; any Nostr client can search this relay without it.</noscript>
    <p id="told" class="quiet" role="status"></p>
    <ol id="hits" class="hits" role="list"></ol>
    <p class="quiet">
      <a href="/search">Search with filters</a>
      {trendsAreOn ? (
        <>
          {" · "}
          <a href="/trends">What people talk about</a>
        </>
      ) : null}
    </p>
  </section>
);

const Facts: FC<{ title: string; facts: readonly Sentence[] }> = ({ title, facts }) => (
  <section>
    <h2>{title}</h2>
    <dl class="facts">
      {facts.map(({ subject, words }) => (
        <div>
          <dt>{subject}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  </section>
);

const Nips: FC<{ numbers: readonly number[] }> = ({ numbers }) => (
  <section>
    <h2>Supported NIPs</h2>
    <ul class="nips" role="list">
      {describeNips(numbers).map(({ name, title, url }) => (
        <li>
          {/* Read out by itself, in a list of links, a number says nothing. */}
          <a href={url} rel="noreferrer" aria-label={`NIP-${name}: ${title}`}>
            {name}
          </a>
          <span aria-hidden="true">{title}</span>
        </li>
      ))}
    </ul>
  </section>
);

const Operator: FC<{ config: Config }> = ({ config: { relay } }) => {
  const facts = [
    relay.pubkey === "" ? null : (
      <Fact subject="Key">
        <code>{relay.pubkey}</code>
      </Fact>
    ),
    relay.contact === "" ? null : <Fact subject="Contact">{contactLink(relay.contact)}</Fact>,
    relay.terms_of_service === "" ? null : (
      <Fact subject="Terms">
        <a href={relay.terms_of_service}>Terms of service</a>
      </Fact>
    ),
    relay.privacy_policy === "" ? null : (
      <Fact subject="Privacy">
        <a href={relay.privacy_policy}>Privacy policy</a>
      </Fact>
    ),
  ].filter((fact) => fact !== null);
  return facts.length === 0 ? null : (
    <section>
      <h2>Operator</h2>
      <dl class="facts">{facts}</dl>
    </section>
  );
};

const Fact: FC<PropsWithChildren<{ subject: string }>> = ({ subject, children }) => (
  <div>
    <dt>{subject}</dt>
    <dd>{children}</dd>
  </div>
);

/** Only schemes that cannot run anything become links; any other text stays text. */
function contactLink(contact: string) {
  return /^(?:https?:\/\/|mailto:|nostr:)/i.test(contact) ? (
    <a href={contact} rel="noreferrer">
      {contact.replace(/^mailto:/i, "")}
    </a>
  ) : (
    <>{contact}</>
  );
}
