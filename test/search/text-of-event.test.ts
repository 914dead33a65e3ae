// What of an event can be searched, and what never may.

import { expect, test } from "bun:test";
import {
  isSearchableKind,
  profileFields,
  TEXT_LENGTH_MAX,
  textOfEvent,
} from "../../src/search/text-of-event.ts";
import { mediaOfUrl, sitesOf, urlsIn } from "../../src/search/url.ts";

const text = (kind: number, content: string, tags: readonly (readonly string[])[] = []) =>
  textOfEvent({ kind, content, tags });
const NOTHING = { name: "", title: "", body: "", url: "" };

test("private and bookkeeping kinds have no text at all", () => {
  for (const kind of [
    4, 13, 14, 44, 1059, 1060, 21_059, 31_234, 1234, 7374, 7375, 7376, 3, 5, 6, 7, 9735, 30_078,
  ]) {
    expect(
      text(kind, "secret words", [
        ["title", "secret"],
        ["t", "secret"],
        ["r", "https://secret.example"],
      ]),
    ).toEqual(NOTHING);
    expect(isSearchableKind(kind)).toBe(false);
  }
});

test("a profile is found by its names, NIP-05 and about text", () => {
  const content = JSON.stringify({
    name: "jb55",
    display_name: "Will",
    nip05: "_@jb55.com",
    about: "damus dev https://damus.io",
    picture: "https://cdn.example/x.png",
  });
  expect(text(0, content)).toEqual({
    name: "jb55\nWill\njb55.com",
    title: "",
    body: "damus dev  ",
    url: "damus.io",
  });
  expect(text(0, "not json")).toEqual(NOTHING);
  expect(text(0, '{"name":5,"about":null}')).toEqual(NOTHING);
  expect(profileFields("[1]")).toBeUndefined();
});

test("an article by title and summary, hashtags as words", () => {
  const tags = [
    ["title", "On Relays"],
    ["summary", "short"],
    ["t", "nostr"],
    ["d", "on-relays"],
    ["p", "ab".repeat(32)],
  ];
  expect(text(30_023, "Long text", tags)).toEqual({
    name: "",
    title: "On Relays",
    body: "Long text\nshort\nnostr",
    url: "",
  });
  expect(text(1, "hi", [["subject", "Topic"]]).title).toBe("Topic");
});

test("identifiers, invoices and blobs are left out, URLs stand apart", () => {
  const npub = "npub1w4uswmv6lu9yel005l3qgheysmr7tk9uvwluddznju3nuxalevvs2d0jr5";
  expect(text(1, `thanks nostr:${npub}, you`).body.replace(/\s+/g, " ")).toBe("thanks , you");
  expect(text(1, `pay lnbc${"x1".repeat(40)} now`).body.replace(/\s+/g, " ")).toBe("pay now");
  expect(text(1, `hash ${"ab".repeat(32)} end`).body.replace(/\s+/g, " ")).toBe("hash end");
  const linked = text(1, "look (https://example.com/cats/0123456789abcdef0123456789abcdef.jpg). fine", [
    ["r", "https://r.example/x"],
  ]);
  expect(linked.body.replace(/\s+/g, " ")).toBe("look ( ). fine");
  expect(linked.url).toBe("example.com/cats/ .jpg r.example/x");
});

test("addresses are searched as people read them: words in a path stay, however many", () => {
  const url = (content: string) => text(1, content).url;
  expect(url("https://news.example/a-long-headline-about-the-harbour")).toContain(
    "headline-about-the-harbour",
  );
  expect(url("https://wiki.example/History_of_the_United_States_of_America")).toContain("United_States");
  expect(url("https://wiki.example/%D0%91%D0%B8%D1%82%D0%BA%D0%BE%D0%B9%D0%BD")).toBe("wiki.example/Биткойн");
  expect(url("https://wiki.example/50%-off%")).toBe("wiki.example/50%-off%");
});

test("JSON and encrypted content is data, not prose", () => {
  expect(text(1, '{"a":"words"}').body).toBe("");
  expect(text(30_000, '[["p","x"]]').body).toBe("");
  expect(text(30_000, "AbCd==?iv=EfGh==").body).toBe("");
  expect(text(1, "[5/5] great").body).toBe("[5/5] great");
});

test("each text is bounded", () => {
  const long = text(30_023, "word ".repeat(20_000), [["title", "t ".repeat(40_000)]]);
  expect(long.body.length).toBeLessThanOrEqual(TEXT_LENGTH_MAX);
  expect(long.title.length).toBeLessThanOrEqual(TEXT_LENGTH_MAX);
});

test("URLs: found, trimmed, sited, classed", () => {
  expect(urlsIn("a https://x.com/a, (https://y.org/b_(c)) 「https://z.jp/d」 http://q.io/e?f=g.")).toEqual([
    "https://x.com/a",
    "https://y.org/b_(c)",
    "https://z.jp/d",
    "http://q.io/e?f=g",
  ]);
  expect(urlsIn("(see https://y.org/b)")).toEqual(["https://y.org/b"]);
  expect(sitesOf("https://www.M.YouTube.com/x")).toEqual(["m.youtube.com", "youtube.com"]);
  expect(sitesOf("nonsense")).toEqual([]);
  expect(mediaOfUrl("https://x.com/a.PNG?w=1")).toBe("image");
  expect(mediaOfUrl("https://x.com/a.mp4#t=1")).toBe("video");
  expect(mediaOfUrl("https://x.com/a.html")).toBeUndefined();
});
