// The words, phrases, brackets and operators of a search text.

export type Lexeme =
  | { readonly type: "open"; readonly negated: boolean }
  | { readonly type: "close" }
  | { readonly type: "or" }
  | { readonly type: "phrase"; readonly text: string; readonly negated: boolean }
  | { readonly type: "word"; readonly text: string; readonly negated: boolean };

const SPACE = /\s/;

/** Never fails: an open quotation ends with the text, and a bracket without its partner is left to the parser. */
export function lex(input: string): Lexeme[] {
  const text = input.replace(/[“”„«»＂]/g, '"');
  const lexemes: Lexeme[] = [];
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const negated =
      text[at] === "-" && at + 1 < text.length && !SPACE.test(text[at + 1]!) && text[at + 1] !== "-";
    const from = negated ? at + 1 : at;
    const first = text[from]!;
    if (SPACE.test(first)) at = from + 1;
    else if (first === "(") {
      lexemes.push({ type: "open", negated });
      depth++;
      at = from + 1;
    } else if (first === ")") {
      lexemes.push({ type: "close" });
      depth = Math.max(0, depth - 1);
      at = from + 1;
    } else if (first === "|") {
      lexemes.push({ type: "or" });
      at = from + 1;
    } else if (first === '"') {
      const end = closingQuote(text, from + 1);
      lexemes.push({ type: "phrase", text: text.slice(from + 1, end), negated });
      at = end + 1;
    } else {
      const end = endOfWord(text, from, depth > 0);
      const word = text.slice(from, end);
      // Side by side means both: who writes OR may write AND as well.
      if (word !== "AND" || negated) lexemes.push(wordLexeme(word, negated));
      at = end;
    }
  }
  return lexemes;
}

function wordLexeme(word: string, negated: boolean): Lexeme {
  if (word === "OR" && !negated) return { type: "or" };
  return { type: "word", text: word.replaceAll('"', ""), negated };
}

/** A word runs to the next space; `key:"some words"` runs to the closing quote, and `(…)` inside a URL stays inside. */
function endOfWord(text: string, from: number, insideGroup: boolean): number {
  let opened = 0;
  for (let at = from; at < text.length; at++) {
    const letter = text[at]!;
    if (SPACE.test(letter) || letter === "|") return at;
    if (letter === '"') {
      if (text[at - 1] !== ":") return at;
      at = closingQuote(text, at + 1);
    } else if (letter === "(") opened++;
    else if (letter === ")" && opened > 0) opened--;
    else if (letter === ")" && insideGroup) return at;
  }
  return text.length;
}

function closingQuote(text: string, from: number): number {
  const end = text.indexOf('"', from);
  return end === -1 ? text.length : end;
}
