// What a setting's value may be: how it is read from TOML and from text, and how it is described.

/** Either the value or, in words, what was wanted instead. */
export type Parsed<T> = { readonly value: T } | { readonly wanted: string };

/** A JSON Schema fragment. */
export type Schema = Readonly<Record<string, unknown>>;

export interface SettingType<T> {
  /** What is expected, as it stands in messages and in the documentation: "a whole number from 1 to 65535". */
  readonly wanted: string;
  readonly schema: Schema;
  /** Takes a value from TOML. */
  parse(value: unknown): Parsed<T>;
  /** Turns text of an environment variable or a flag into what TOML would have given. */
  fromText(text: string): unknown;
}

/** The value type of a setting type. */
export type ValueOf<S> = S extends SettingType<infer T> ? T : never;

export interface SettingTypeOptions<T> {
  readonly wanted: string;
  readonly schema: Schema;
  /** Undefined means: not what is wanted. */
  readonly read: (value: unknown) => T | undefined;
  /** Left out: the text itself is the value. */
  readonly fromText?: (text: string) => unknown;
}

export function settingType<T>(options: SettingTypeOptions<T>): SettingType<T> {
  const { wanted, schema, read, fromText = (text: string): unknown => text } = options;
  return {
    wanted,
    schema,
    fromText,
    parse(value) {
      const result = read(value);
      return result === undefined ? { wanted } : { value: result };
    },
  };
}

/** Any string; the empty string stands for "not set". */
export function text(wanted = "a string"): SettingType<string> {
  return settingType({
    wanted,
    schema: { type: "string" },
    read: (value) => (typeof value === "string" ? value : undefined),
  });
}

/** A string that `normalise` accepts, or the empty string for "not set". It may answer another spelling of the value. */
export function checkedText(
  wanted: string,
  normalise: (text: string) => string | undefined,
): SettingType<string> {
  return settingType({
    wanted,
    schema: { type: "string" },
    read: (value) => {
      if (typeof value !== "string") return undefined;
      return value === "" ? "" : normalise(value);
    },
  });
}

export function yesOrNo(): SettingType<boolean> {
  const words = new Map<string, boolean>([
    ["true", true],
    ["yes", true],
    ["on", true],
    ["1", true],
    ["false", false],
    ["no", false],
    ["off", false],
    ["0", false],
  ]);
  return settingType({
    wanted: "true or false",
    schema: { type: "boolean" },
    read: (value) => (typeof value === "boolean" ? value : undefined),
    fromText: (given) => words.get(given.toLowerCase()) ?? given,
  });
}

export function oneOf<const T extends string>(...choices: readonly T[]): SettingType<T> {
  return settingType<T>({
    wanted: `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`,
    schema: { enum: [...choices] },
    read: (value) => choices.find((choice) => choice === value),
  });
}

/** A whole number from `min` to `max`, both included. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): SettingType<number> {
  const wanted =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${min} or more`
      : `a whole number from ${min} to ${max}`;
  return settingType({
    wanted,
    schema: { type: "integer", minimum: min, maximum: max },
    read: (value) => inRange(value, min, max),
    fromText: numberOf,
  });
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** A size in bytes: a whole number, or text with a unit such as "16 MiB". */
export function bytes(min: number, max: number = Number.MAX_SAFE_INTEGER): SettingType<number> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${sizeText(max)}`;
  return settingType({
    wanted: `a size of at least ${sizeText(min)}${upTo}, as a number of bytes or as text like "16 MiB"`,
    schema: {
      anyOf: [{ type: "integer", minimum: min, maximum: max }, { type: "string" }],
    },
    read: (value) => inRange(typeof value === "string" ? sizeOf(value) : value, min, max),
    fromText: numberOf,
  });
}

/** The word "auto", or what the type takes. */
export function orAuto<T>(type: SettingType<T>): SettingType<T | "auto"> {
  const wanted = `"auto" or ${type.wanted}`;
  return {
    wanted,
    schema: { anyOf: [{ const: "auto" }, type.schema] },
    parse: (value) => {
      if (value === "auto") return { value };
      const parsed = type.parse(value);
      return "wanted" in parsed ? { wanted } : parsed;
    },
    fromText: (given) => (given === "auto" ? given : type.fromText(given)),
  };
}

/** A size for people: the largest binary unit that leaves no fraction. */
export function sizeText(size: number): string {
  if (size === 0) return "0";
  for (const unit of ["TiB", "GiB", "MiB", "KiB"]) {
    const factor = UNITS[unit.toUpperCase()]!;
    if (size >= factor && size % factor === 0) return `${size / factor} ${unit}`;
  }
  return `${size} bytes`;
}

/** A list whose items are of one type, without doubles. In text the items are separated by commas. */
export function listOf<T>(item: SettingType<T>, plural: string): SettingType<readonly T[]> {
  return {
    wanted: `a list of ${plural}`,
    schema: { type: "array", items: item.schema },
    parse: (value) => parseItems(item, plural, value),
    fromText: (given) =>
      given
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .map((part) => item.fromText(part)),
  };
}

function parseItems<T>(item: SettingType<T>, plural: string, value: unknown): Parsed<readonly T[]> {
  if (!Array.isArray(value)) return { wanted: `a list of ${plural}` };
  const items = new Set<T>();
  for (const [index, entry] of value.entries()) {
    const parsed = item.parse(entry);
    if ("wanted" in parsed) {
      return {
        wanted: `a list of ${plural}; item ${index + 1} should be ${parsed.wanted}`,
      };
    }
    items.add(parsed.value);
  }
  return { value: [...items] };
}

function inRange(value: unknown, min: number, max: number): number | undefined {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return undefined;
  return value >= min && value <= max ? value : undefined;
}

/** Text of digits (with _ as in TOML) to a number; anything else stays text and is refused by the type. */
function numberOf(given: string): unknown {
  return /^-?\d[\d_]*$/.test(given) ? Number(given.replaceAll("_", "")) : given;
}

function sizeOf(given: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B)$/i.exec(given.trim());
  if (match === null) return undefined;
  const factor = UNITS[match[2]!.toUpperCase()];
  return factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}
