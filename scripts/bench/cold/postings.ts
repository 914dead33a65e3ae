// Which notes hold which words: a plain index from which the right answer to every search is counted.

import { VOCABULARY } from "./lexicon.ts";

/** Texts are lists of word ranks; a text belongs to the event whose index was given. */
export class Postings {
  private tokens = new Int32Array(1 << 20);
  private size = 0;
  private readonly owners: number[] = [];
  private readonly starts: number[] = [];
  private lists: { readonly from: Int32Array; readonly texts: Int32Array } | undefined;

  add(event: number, words: readonly number[]): void {
    this.lists = undefined;
    this.owners.push(event);
    this.starts.push(this.size);
    if (this.size + words.length > this.tokens.length) {
      const larger = new Int32Array(this.tokens.length * 2);
      larger.set(this.tokens);
      this.tokens = larger;
    }
    this.tokens.set(words, this.size);
    this.size += words.length;
  }

  get texts(): number {
    return this.owners.length;
  }

  /** The words of the text, by its number among the texts. */
  words(text: number): Int32Array {
    return this.tokens.subarray(this.starts[text]!, this.starts[text + 1] ?? this.size);
  }

  /** Events that hold the word, in order, each once. */
  having(word: number): number[] {
    return this.textsWith(word).map((text) => this.owners[text]!);
  }

  havingBoth(word: number, other: number): number[] {
    const others = new Set(this.textsWith(other));
    return this.textsWith(word)
      .filter((text) => others.has(text))
      .map((text) => this.owners[text]!);
  }

  /** Events in which the words stand side by side. */
  havingPhrase(phrase: readonly number[]): number[] {
    return this.textsWith(phrase[0]!)
      .filter((text) => {
        const words = this.words(text);
        return words.some((_, at) => phrase.every((word, step) => words[at + step] === word));
      })
      .map((text) => this.owners[text]!);
  }

  private textsWith(word: number): number[] {
    const { from, texts } = (this.lists ??= this.sort());
    const found: number[] = [];
    let before = -1;
    for (let at = from[word]!; at < from[word + 1]!; at++) {
      if (texts[at] !== before) found.push((before = texts[at]!));
    }
    return found;
  }

  /** By word, then by text: a counting sort. */
  private sort(): { from: Int32Array; texts: Int32Array } {
    const from = new Int32Array(VOCABULARY + 1);
    for (let at = 0; at < this.size; at++) from[this.tokens[at]! + 1]!++;
    for (let word = 0; word < VOCABULARY; word++) from[word + 1]! += from[word]!;
    const next = from.slice();
    const texts = new Int32Array(this.size);
    for (let text = 0; text < this.owners.length; text++) {
      for (const word of this.words(text)) texts[next[word]!++] = text;
    }
    return { from, texts };
  }
}
