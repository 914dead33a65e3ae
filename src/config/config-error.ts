// One thing that is wrong with the settings, and how all of them are told to a person.

export interface ConfigError {
  /** Where it stands: `thermocline.toml:12`, an environment variable, a flag; undefined for a relation of settings. */
  readonly where?: string;
  /** `section.key`, as far as it is known. */
  readonly key?: string;
  /** One sentence without the value. */
  readonly message: string;
  readonly got?: string;
  readonly expected?: string;
  readonly suggestion?: string;
}

/** All of them, one paragraph each. */
export function formatConfigErrors(errors: readonly ConfigError[]): string {
  const title = errors.length === 1 ? "1 setting is wrong:" : `${errors.length} settings are wrong:`;
  return [title, ...errors.map(formatConfigError)].join("\n");
}

function formatConfigError(error: ConfigError): string {
  const { where, key, message, got, expected, suggestion } = error;
  // Sentences about a relation of settings begin with the key themselves.
  const named = key !== undefined && message.startsWith(key) ? undefined : key;
  const place = [where, named].filter((part) => part !== undefined).join(" ");
  const lines = [`  ${place === "" ? "" : `${place}: `}${message}`];
  if (got !== undefined) lines.push(`    got       ${got}`);
  if (expected !== undefined) lines.push(`    expected  ${expected}`);
  if (suggestion !== undefined) lines.push(`    did you mean ${suggestion}?`);
  return lines.join("\n");
}
