import { installOrderedConsole } from "./ordered_console.ts";
installOrderedConsole();
