// The Worker's entry. The tables come first: the Rust Worker reads them as it starts.

import "./tables.js";

export { default } from "./index.js";
