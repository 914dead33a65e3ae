// URLs in event text: finding them, their sites, and what kind of media they point at.

export type Media = "image" | "video" | "audio";

const WEB_URL = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u3000-\u303f\uff00-\uff0f]+/gi;
const MEDIA_EXTENSION: Readonly<Record<string, Media>> = {
  jpg: "image",
  jpeg: "image",
  png: "image",
  gif: "image",
  webp: "image",
  avif: "image",
  svg: "image",
  bmp: "image",
  heic: "image",
  jfif: "image",
  mp4: "video",
  mov: "video",
  webm: "video",
  mkv: "video",
  avi: "video",
  m4v: "video",
  m3u8: "video",
  ogv: "video",
  mp3: "audio",
  wav: "audio",
  ogg: "audio",
  flac: "audio",
  m4a: "audio",
  aac: "audio",
  opus: "audio",
};

/** URLs of one text that are looked at. */
const URLS_MAX = 64;

/** Web addresses in a text, in order, without the punctuation that ends the sentence around them. */
export function urlsIn(text: string): string[] {
  if (!text.includes("://")) return [];
  const found = text.match(WEB_URL) ?? [];
  return found.slice(0, URLS_MAX).map(withoutTrailingPunctuation);
}

export function isWebUrl(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text);
}

/** As a browser shows it and people write it: %D0%91 is Б. What is not UTF-8 stays as it is. */
export function asRead(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

/** `www.example.co.uk` and each parent domain that has a dot, in lower case, `www.` dropped; [] when it is no URL. */
export function sitesOf(url: string): string[] {
  let host: string;
  try {
    host = new URL(url).hostname.toLowerCase().replace(/^www\./, "");
  } catch {
    return [];
  }
  const labels = host.split(".").slice(-5);
  const sites: string[] = [];
  for (let from = 0; from < labels.length - 1; from++) sites.push(labels.slice(from).join("."));
  return sites;
}

/** What the file extension of the path says; undefined for everything else. */
export function mediaOfUrl(url: string): Media | undefined {
  const path = url.replace(/[?#].*$/, "");
  const dot = path.lastIndexOf(".");
  return dot === -1 ? undefined : MEDIA_EXTENSION[path.slice(dot + 1).toLowerCase()];
}

/** `image/png` → image. */
export function mediaOfType(mime: string): Media | undefined {
  const family = mime.slice(0, mime.indexOf("/"));
  return family === "image" || family === "video" || family === "audio" ? family : undefined;
}

function withoutTrailingPunctuation(url: string): string {
  const trimmed = url.replace(/[.,;:!?*…'"»”’\]]+$/, "");
  // A closing bracket belongs to the URL only when it was opened inside it: …/Rust_(language) but not (see …).
  const opened = trimmed.split("(").length;
  const closed = trimmed.split(")").length;
  return trimmed.endsWith(")") && closed > opened
    ? withoutTrailingPunctuation(trimmed.slice(0, -1))
    : trimmed;
}
