// One statement, prepared for good, with the types of its rows and parameters.

import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";

export function prepare<Row = never, Params extends SQLQueryBindings[] = []>(
  database: Database,
  sql: string,
): Statement<Row, Params> {
  return database.prepare<Row, Params>(sql) as Statement<Row, Params>;
}
