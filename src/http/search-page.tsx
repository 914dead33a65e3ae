// The page on which a person searches this relay: a form that works as an address, and results from the relay's socket.
/** @jsxImportSource hono/jsx */

import type { FC } from "hono/jsx";
import type { Config } from "../config/settings.ts";
import { SEARCH_ASSETS } from "./page-assets.ts";
import { Document, documentText, type PageLink } from "./page-document.tsx";

type Choice = readonly [value: string, words: string];

const KINDS: readonly Choice[] = [
  ["1", "Notes"],
  ["0", "People"],
  ["30023", "Articles"],
  ["1111", "Comments"],
  ["20", "Pictures"],
  ["21,22", "Videos"],
  ["", "Everything"],
];

const SORTS: readonly Choice[] = [
  ["relevance", "Best match"],
  ["recent", "Newest first"],
  ["hot", "Hot"],
  ["rising", "Rising"],
  ["top", "Most talked about"],
  ["zaps", "Most zapped"],
  ["controversial", "Disputed"],
];

/** Languages that detection tells apart well; anything else can be typed as `language:xx`. */
const LANGUAGES: readonly Choice[] = [
  ["", "Any language"],
  ["en", "English"],
  ["de", "Deutsch"],
  ["es", "Español"],
  ["fr", "Français"],
  ["it", "Italiano"],
  ["ja", "日本語"],
  ["ko", "한국어"],
  ["nl", "Nederlands"],
  ["pt", "Português"],
  ["ru", "Русский"],
  ["th", "ไทย"],
  ["zh", "中文"],
];

export function renderSearchPage(config: Config, otherPages: readonly PageLink[]): string {
  return documentText(
    <Document config={config} title="Search" assets={SEARCH_ASSETS} links={otherPages}>
      <SearchForm config={config} />
      <noscript>
        <p>Searching here needs JavaScript; any Nostr client can search this relay without it (NIP-50).</p>
      </noscript>
      <p id="told" class="quiet" role="status"></p>
      <Hints />
      <section id="results" aria-label="Results" hidden>
        <ol id="hits" class="hits" role="list"></ol>
        <button id="more" type="button" hidden>
          Load more
        </button>
      </section>
    </Document>,
  );
}

const SearchForm: FC<{ config: Config }> = ({ config: { limits, search } }) => (
  <form id="search" role="search" action="/search" method="get" hidden>
    <div class="words">
      <input
        name="q"
        type="search"
        aria-label="Words to search for"
        placeholder='words, "a phrase", #tag, npub…'
        dir="auto"
        autocomplete="off"
        maxlength={limits.max_search_length}
      />
      <button type="submit">Search</button>
    </div>
    <details>
      <summary>Filters</summary>
      <div class="filters">
        <Select name="kind" label="Show" choices={KINDS} />
        <Select name="sort" label="Order" choices={SORTS} />
        {search.language_detection ? <Select name="lang" label="Language" choices={LANGUAGES} /> : null}
        <label>
          From
          <input name="since" type="date" />
        </label>
        <label>
          Until
          <input name="until" type="date" />
        </label>
      </div>
    </details>
    <div class="switches">
      <label>
        <input name="newest" type="checkbox" value="1" />
        <span>Newest first</span>
      </label>
      <label>
        <input name="live" type="checkbox" value="1" />
        <span>Live</span>
      </label>
    </div>
  </form>
);

const HINTS: readonly (readonly [example: string, meaning: string])[] = [
  ["tide harbour", "both words, in any order"],
  ['"low tide" OR ebb', "the words as they stand, or the other"],
  ["harbour -storm", "without a word"],
  ["#sailing", "a hashtag"],
  ["from:npub1… since:7d", "one author, the last seven days"],
  ["has:image site:example.com", "with a picture and a link to that site"],
];

/** What stands where results will be, until something is asked. */
const Hints: FC = () => (
  <section id="hints" aria-labelledby="hints-title">
    <h2 id="hints-title">What you can write</h2>
    <dl class="facts">
      {HINTS.map(([example, meaning]) => (
        <div>
          <dt>
            <code>{example}</code>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  </section>
);

const Select: FC<{ name: string; label: string; choices: readonly Choice[] }> = ({
  name,
  label,
  choices,
}) => (
  <label>
    {label}
    <select name={name}>
      {choices.map(([value, words]) => (
        <option value={value}>{words}</option>
      ))}
    </select>
  </label>
);
