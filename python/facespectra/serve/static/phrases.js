// What the program says in English (reasons, sentences, facts), in the other languages of the page.

import { GERMAN } from "./german.js";

const LANGUAGES = { de: GERMAN };

/** The sentence in another language, or null where it is not known: then it stays English, and is marked so. */
export function known(language, text) {
  const rules = LANGUAGES[language];
  if (!rules) return null;
  for (const bare of [text, text.replace(/\.$/, "")]) {
    for (const [pattern, told] of rules) {
      const match = pattern.exec(bare);
      const sentence = match ? (typeof told === "string" ? told : told(match)) : null;
      if (sentence !== null) return bare === text ? sentence : `${sentence}.`;
    }
  }
  return null;
}
