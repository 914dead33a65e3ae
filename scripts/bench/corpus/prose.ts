// Made-up text with the lengths of real notes: words by Zipf, some emoji, links, hashtags and other scripts.

import { Chance, Zipf } from "./random.ts";

const SYLLABLES =
  "ba be bo ca ce ci co da de di do fa fe fi ga go ha he hi ho ja jo ka ke ki la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi wa we wo za zo".split(
    " ",
  );
const TOPICS =
  "bitcoin nostr lightning zap privacy art music coffee photography freedom asknostr plebchain grownostr memes gm".split(
    " ",
  );
const OTHERS = [
  "😂",
  "🤙",
  "⚡",
  "🔥",
  "💜",
  "ありがとう",
  "你好",
  "Привет",
  "ação",
  "você",
  "jälleen",
  "über",
];
const VOCABULARY = 2_000;

export class Prose {
  private readonly words: readonly string[];
  private readonly zipf = new Zipf(VOCABULARY);

  constructor() {
    const chance = new Chance(1);
    this.words = Array.from({ length: VOCABULARY }, (_, rank) => {
      const size = 1 + (rank > 40 ? 1 : 0) + chance.below(2);
      return Array.from({ length: size }, () => chance.oneOf(SYLLABLES)).join("");
    });
  }

  /** At least `length` characters of words, a little more at most. */
  text(chance: Chance, length: number): string {
    let text = "";
    while (text.length < length) {
      const draw = chance.next();
      const word =
        draw < 0.03
          ? chance.oneOf(OTHERS)
          : draw < 0.035
            ? this.link(chance)
            : this.words[this.zipf.draw(chance)]!;
      text += text === "" ? word : draw > 0.95 ? `.\n${word}` : ` ${word}`;
    }
    return text;
  }

  word(chance: Chance): string {
    return this.words[this.zipf.draw(chance)]!;
  }

  topic(chance: Chance): string {
    return chance.oneOf(TOPICS);
  }

  link(chance: Chance): string {
    return `https://${this.word(chance)}.example/${chance.below(1e9).toString(36)}.jpg`;
  }
}
