// Worker: steps behind, and tells its niceness before and after.

import { getPriority } from "node:os";
import { BACKGROUND_NICE, stepBehind } from "../../src/channel/background-thread.ts";

declare const self: Worker;

const before = getPriority(0);
stepBehind(BACKGROUND_NICE);
self.postMessage([before, getPriority(0)]);
