// The honest client as a process: `honest-client.ts <url> <seconds> <name>` prints what it has felt, as JSON.

import { liveHonestly } from "./attack.ts";
import { Author } from "./authors.ts";

const [url = "", seconds = "1", name = "honest"] = process.argv.slice(2);
const honesty = await liveHonestly(url, new Author(name), AbortSignal.timeout(Number(seconds) * 1000));
process.stdout.write(JSON.stringify(honesty));
