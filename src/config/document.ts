// docs/CONFIG.md, the JSON Schema and the commented thermocline.toml: three printings of the one table.

import { stringify } from "smol-toml";
import { VARIABLE_PREFIX, SECTIONS, type SettingRow, SETTING_ROWS, SHORT_FLAGS } from "./settings.ts";
import { sizeText } from "./setting-type.ts";

/** The Markdown of docs/CONFIG.md. A test keeps the file equal to it. */
export function configDocument(): string {
  const sections = Object.entries(SECTIONS).map(([name, { about }]) =>
    [
      `## [${name}]`,
      "",
      about,
      "",
      "| key | value | default | meaning |",
      "| --- | --- | --- | --- |",
      ...rowsOf(name).map(documentRow),
      "",
    ].join("\n"),
  );
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

const INTRODUCTION = `# Settings

Written by \`thermocline config docs\` from \`src/config/settings.ts\`: change it there.

Thermocline runs without any setting. What you do set may stand in four places; a later one wins:

1. the defaults below;
2. a TOML file: \`--config path\`, else the path in \`${VARIABLE_PREFIX}CONFIG\`, else \`./thermocline.toml\` if it is there
   (\`thermocline config init\` writes one with every setting explained);
3. the environment: \`${VARIABLE_PREFIX}SECTION_KEY\`, for example \`${VARIABLE_PREFIX}LIMITS_MAX_LIMIT=1000\`; lists are separated by
   commas, and an empty variable counts as not set. \`OPENSEARCH_URL\` and \`LIBSECP256K1_PATH\` are read as well;
4. flags: \`--section.key value\`, for example \`--limits.max_limit 1000\`, and in short ${shortFlagNames()}.

\`thermocline config check\` tells everything that is wrong at once, \`thermocline config show --origin\` tells where each value
comes from, with secrets masked. Public keys may be written as npub or hex, sizes as \`16777216\` or \`"16 MiB"\`. Relative paths
are relative to the folder in which the relay is started. Changes count
from the next start unless the table says otherwise.
`;

function shortFlagNames(): string {
  return Object.entries(SHORT_FLAGS)
    .map(([flag, path]) => `\`--${flag}\` (\`${path}\`)`)
    .join(", ");
}

function rowsOf(section: string): SettingRow[] {
  return SETTING_ROWS.filter((row) => row.section === section);
}

function documentRow({ key, setting, plainVariable }: SettingRow): string {
  const notes = [
    setting.secret ? "Secret: keep it in the environment." : "",
    setting.restart ? "" : "Taken over without a restart.",
    plainVariable === undefined ? "" : `Also \`${plainVariable}\`.`,
  ];
  const unit = setting.unit === "" || setting.unit === "bytes" ? "" : `, ${setting.unit}`;
  const cells = [
    `\`${key}\``,
    `${setting.type.wanted}${unit}`,
    `\`${defaultText(setting.fallback, setting.unit)}\``,
    [setting.description, ...notes].filter((note) => note !== "").join(" "),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultText(value: unknown, unit: string): string {
  return unit === "bytes" && typeof value === "number" ? sizeText(value) : tomlValue(value);
}

/** A value as it stands in TOML after the equals sign. */
export function tomlValue(value: unknown): string {
  return stringify({ x: value }).replace(/^x = /, "").trim();
}

/** JSON Schema (2020-12) of the TOML file, for editors. */
export function configSchema(): Record<string, unknown> {
  const properties = Object.entries(SECTIONS).map(([name, { about }]) => [
    name,
    {
      type: "object",
      description: about,
      additionalProperties: false,
      properties: Object.fromEntries(rowsOf(name).map((row) => [row.key, settingSchema(row)])),
    },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Thermocline settings",
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(properties) as unknown,
  };
}

function settingSchema({ setting }: SettingRow): Record<string, unknown> {
  const { type, description, fallback, unit, secret } = setting;
  return {
    ...type.schema,
    description: unit === "" ? description : `${description} Unit: ${unit}.`,
    default: fallback,
    ...(secret ? { writeOnly: true } : {}),
  };
}

/** A thermocline.toml in which every setting is explained and commented out with its default. */
export function configTemplate(): string {
  const sections = Object.entries(SECTIONS).map(([name, { about }]) =>
    [`# ${about}`, `[${name}]`, ...rowsOf(name).flatMap(templateLines), ""].join("\n"),
  );
  return `# Settings of Thermocline. Every line below shows its default: take away the # to change it.\n\n${sections.join("\n")}`;
}

function templateLines({ key, setting }: SettingRow): string[] {
  const size = setting.unit === "bytes" && typeof setting.fallback === "number" && setting.fallback > 0;
  const value = size ? JSON.stringify(sizeText(setting.fallback as number)) : tomlValue(setting.fallback);
  return [`# ${setting.description} (${setting.type.wanted})`, `#${key} = ${value}`];
}
