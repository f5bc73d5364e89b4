// What the program says in English (reasons, notes, scope), in the other languages of the page.

const PARTS = {
  "the inner face": "des inneren Gesichts",
  "the edge of the face": "des Gesichtsrands",
  "the eyes": "der Augen",
  "the mouth": "des Mundes",
  "the skin": "der Haut",
};
const DETAILS = {
  "the finest texture": "Die feinste Struktur",
  "the fine texture": "Die feine Struktur",
  "the texture": "Die Struktur",
  "the pattern": "Das Muster",
  "the shape": "Die Form",
  "the finest detail": "Die feinsten Einzelheiten",
  "the fine detail": "Die feinen Einzelheiten",
  "the detail": "Die Einzelheiten",
  "the coarser detail": "Die gröberen Einzelheiten",
  "the coarse detail": "Die groben Einzelheiten",
};
const KINDS = {
  "untouched faces": "unveränderten Gesichtern",
  "swapped faces": "vertauschten Gesichtern",
  "real faces": "unveränderten Gesichtern",
  "fakes": "Fälschungen",
};

const several = (what) => what.endsWith("Einzelheiten");
const lower = (key) => key.charAt(0).toLowerCase() + key.slice(1);

// Each: a pattern of the English sentence, and the German one of what it caught; null leaves it English.
const GERMAN = [
  [/^face swaps that lose detail, such as those of early autoencoders$/, () => "vertauschte Gesichter, denen Einzelheiten fehlen, wie die früher Autoencoder"],
  [/^modern well-blended swaps$/, () => "moderne, gut eingepasste vertauschte Gesichter"],
  [/^faces sharpened after the swap$/, () => "nach dem Tausch geschärfte Gesichter"],
  [/^wholly generated faces$/, () => "ganz künstlich erzeugte Gesichter"],
  [/^photomontages$/, () => "Fotomontagen"],
  [/^changed lips or expressions$/, () => "veränderte Lippen oder Mimik"],
  [/^fakes like those of its training data$/, () => "Fälschungen wie die seiner Trainingsdaten"],
  [/^any other kind of fake$/, () => "jede andere Art von Fälschung"],
  [/^signs too weak to call: above one half, below the threshold of ([\d.]+)$/, (m) => `zu schwache Anzeichen: über der Hälfte, unter der Schwelle von ${comma(m[1])}`],
  [/^a face of (\d+) pixels, fewer than (\d+)$/, (m) => `ein Gesicht von ${m[1]} Pixeln, weniger als ${m[2]}`],
  [/^too compressed or blurred: no detail is left to compare$/, () => "zu stark komprimiert oder zu unscharf: Es bleiben keine Einzelheiten zum Vergleichen"],
  [/^the face looks smoothed and sharpened, as by a restorer or beauty filter, which can hide a swap$/, () => "das Gesicht sieht geglättet und geschärft aus, wie von einem Schönheitsfilter, was einen Tausch verbergen kann"],
  [/^mean of (\d+) of (\d+) frames?$/, (m) => `Mittel von ${m[1]} von ${m[2]} Einzelbildern`],
  [/^largest of (\d+) faces$/, (m) => `größtes von ${m[1]} Gesichtern`],
  [/^most suspicious of (up to )?(\d+) faces$/, (m) => `verdächtigstes von ${m[1] ? "bis zu " : ""}${m[2]} Gesichtern`],
  [/^cut short: (\d+) of (\d+) frames$/, (m) => `abgeschnitten: ${m[1]} von ${m[2]} Einzelbildern`],
  [/^(the .+?) of (the .+?) (does not match|matches) the rest of the face$/i, (m) => {
    const what = DETAILS[lower(m[1])];
    const part = PARTS[m[2]];
    if (!what || !part) return null;
    const many = several(what);
    const verb = m[3] === "matches" ? (many ? "passen" : "passt") : many ? "passen nicht" : "passt nicht";
    return `${what} ${part} ${verb} zum übrigen Gesicht`;
  }],
  [/^(the .+?) of (the .+?) is more like that of ([a-z ]+)$/i, (m) => {
    const what = DETAILS[lower(m[1])];
    const part = PARTS[m[2]];
    const kind = KINDS[m[3]];
    if (!what || !part || !kind) return null;
    return `${what} ${part} ${several(what) ? "ähneln" : "ähnelt"} eher denen von ${kind}`;
  }],
  [/^JPEG quality$/, () => "JPEG-Qualität"],
];

function comma(text) {
  return text.replace(".", ",");
}

/** The sentence in another language, or null where it is not known. */
export function known(language, text) {
  if (language !== "de") return null;
  const stop = /[.]$/.test(text) ? "." : "";
  const bare = stop ? text.slice(0, -1) : text;
  for (const [pattern, told] of GERMAN) {
    const match = pattern.exec(bare);
    if (match) {
      const sentence = told(match);
      return sentence === null ? null : sentence + stop;
    }
  }
  return null;
}
