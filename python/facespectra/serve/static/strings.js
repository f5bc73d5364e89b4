// All words of the page, a table for each language with the same keys; `.one` and `.other` are the forms for numbers.
// Another language is another file here, and what the program itself says in phrases.js.

export { en } from "./en.js";
export { de } from "./de.js";
