/**
 * Sets a kernel up when the door of this room is imported: printed lines keep
 * their order with displays, and the kernel outlives the ■ button.
 */

import { installListeners } from "./interrupt.ts";
import { installOrderedConsole } from "./ordered_console.ts";

installOrderedConsole();
installListeners();
