// Patterns of the program's English sentences, and the German ones of what they caught; null: not known after all.

const PARTS = {
  "the inner face": ["das innere Gesicht", "des inneren Gesichts"],
  "the edge of the face": ["der Rand des Gesichts", "des Gesichtsrands"],
  "the eyes": ["die Augen", "der Augen"],
  "the mouth": ["der Mund", "des Mundes"],
  "the skin": ["die Haut", "der Haut"],
  "the whole face": ["das ganze Gesicht", "des ganzen Gesichts"],
};
const DETAILS = {
  "the finest texture": "die feinste Struktur",
  "the fine texture": "die feine Struktur",
  "the texture": "die Struktur",
  "the pattern": "das Muster",
  "the shape": "die Form",
  "the finest detail": "die feinsten Einzelheiten",
  "the fine detail": "die feinen Einzelheiten",
  "the finer detail": "die feineren Einzelheiten",
  "the detail": "die Einzelheiten",
  "the coarser detail": "die gröberen Einzelheiten",
  "the coarse detail": "die groben Einzelheiten",
};
const DIRECTIONS = { horizontal: "waagrechten", vertical: "senkrechten", diagonal: "schrägen" };
const KINDS = { "untouched faces": "unveränderten Gesichtern", "swapped faces": "vertauschten Gesichtern", "real faces": "unveränderten Gesichtern", fakes: "Fälschungen" };
const SCOPE = {
  "face swaps that lose detail, such as those of early autoencoders": "vertauschte Gesichter, denen Einzelheiten fehlen, wie die früher Autoencoder",
  "modern well-blended swaps": "moderne, gut eingepasste vertauschte Gesichter",
  "faces sharpened after the swap": "nach dem Tausch geschärfte Gesichter",
  "wholly generated faces": "ganz künstlich erzeugte Gesichter",
  photomontages: "Fotomontagen",
  "changed lips or expressions": "veränderte Lippen oder Mimik",
  "fakes like those of its training data": "Fälschungen wie die seiner Trainingsdaten",
  "any other kind of fake": "jede andere Art von Fälschung",
};
const WHERE = { "this face": "diesem Gesicht", "this video": "diesem Video" };
const WHAT = { "this face": "dieses Gesicht", "this video": "dieses Video" };
const STRENGTH = { "strong ": "deutliche ", "clear ": "klare ", "just enough ": "gerade genug ", "": "" };
const WEAKNESS = {
  "and hardly a sign of one": "und kaum ein Anzeichen dafür",
  "and few signs of one": "und wenige Anzeichen dafür",
  "though some signs of one": "doch einige Anzeichen dafür",
  "the signs are too weak": "die Anzeichen sind zu schwach",
};

const comma = (text) => text.replace(".", ",");
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const score = (text) => comma(text.replace("under", "unter").replace("over", "über"));
const scale = (value, limit) => `Wert ${score(value)} auf einer Skala von 0 bis 100, ab ${comma(limit)} heißt es Tausch`;
const many = (what) => what.endsWith("Einzelheiten") || what === "die Augen";

// The rules of a table whose words are all there is.
const literally = (table) => Object.entries(table).map(([english, german]) => [new RegExp(`^${english.replace(/[().]/g, "\\$&")}$`), german]);

function all(rules, text) {
  for (const [pattern, told] of rules) {
    const match = pattern.exec(text);
    if (match) return typeof told === "string" ? told : told(match);
  }
  return null;
}

// Why it can't tell.
const REASONS = [
  [/^signs too weak to call: above one half, below the threshold of ([\d.]+)$/, (m) => `zu schwache Anzeichen: über der Hälfte, unter der Schwelle von ${comma(m[1])}`],
  [/^a face of (\d+) pixels, fewer than (\d+)$/, (m) => `ein Gesicht von ${m[1]} Pixeln, weniger als ${m[2]}`],
  [/^too compressed or blurred: no detail is left to compare$/, "zu stark komprimiert oder zu unscharf, es bleiben keine Einzelheiten zum Vergleichen"],
  [/^the face looks smoothed and sharpened, as by a restorer or beauty filter, which can hide a swap$/, "das Gesicht sieht geglättet und geschärft aus, wie von einem Schönheitsfilter, was einen Tausch verbergen kann"],
];

// What a feature is evidence for.
const EVIDENCE = [
  [/^(the .+?) of (the [a-z ]+?) (does not match|matches) the rest of the face$/i, (m) => {
    const [what, part] = [DETAILS[lower(m[1])], PARTS[m[2]]?.[1]];
    if (!what || !part) return null;
    return `${upper(what)} ${part} ${many(what) ? "passen" : "passt"} ${m[3] === "matches" ? "" : "nicht "}zum übrigen Gesicht`;
  }],
  [/^(the .+?) of (the [a-z ]+?) is more like that of ([a-z ]+)$/i, (m) => {
    const [what, part, kind] = [DETAILS[lower(m[1])], PARTS[m[2]]?.[1], KINDS[m[3]]];
    if (!what || !part || !kind) return null;
    return `${upper(what)} ${part} ${many(what) ? "ähneln" : "ähnelt"} eher denen von ${kind}`;
  }],
  [/^the amount of (\w+) detail is more like that of ([a-z ]+)$/, (m) => (DIRECTIONS[m[1]] && KINDS[m[2]] ? `Die Menge der ${DIRECTIONS[m[1]]} Einzelheiten ähnelt eher der von ${KINDS[m[2]]}` : null)],
  [/^the part from ([\d.]+)-([\d.]+) of the frequency spectrum is more like that of ([a-z ]+)$/, (m) => (KINDS[m[3]] ? `Der Abschnitt ${comma(m[1])} bis ${comma(m[2])} des Frequenzspektrums ähnelt eher dem von ${KINDS[m[3]]}` : null)],
];

function mostly(m) {
  const who = PARTS[lower(m[1])]?.[0] ?? DETAILS[lower(m[1])];
  const why = all(EVIDENCE, m[2]);
  return who && why ? `Am meisten spricht dafür ${who}: ${why}` : null;
}

function notChecked(m) {
  const things = m[1].split(/, | or (?=changed)/).map((one) => SCOPE[one]);
  return things.every(Boolean) ? `Das macht es nicht authentisch: Nicht gesucht wurden ${things.slice(0, -1).join(", ")} und ${things[things.length - 1]}` : null;
}

// The three sentences of a face or a video.
const SENTENCES = [
  [/^There are (strong |clear |just enough |)signs of a face swap in (this face|this video): it scores (.+) on a scale from 0 to 100, and a swap is called from ([\d.]+) on$/, (m) => `Es gibt ${STRENGTH[m[1]]}Anzeichen eines vertauschten Gesichts in ${WHERE[m[2]]}: ${scale(m[3], m[4])}`],
  [/^No face swap was found in (this face|this video), (.+): it scores (.+) on a scale from 0 to 100, and a swap is called from ([\d.]+) on$/, (m) => (WEAKNESS[m[2]] ? `Kein Tausch wurde in ${WHERE[m[1]]} gefunden, ${WEAKNESS[m[2]]}: ${scale(m[3], m[4])}` : null)],
  [/^The signs of a face swap in (this face|this video) are too weak to call one, and too strong to call none: it scores (.+) on a scale from 0 to 100, and a swap is called from ([\d.]+) on$/, (m) => `Die Anzeichen in ${WHERE[m[1]]} sind zu schwach für das eine und zu stark für das andere Urteil: ${scale(m[2], m[3])}`],
  [/^The program can't tell about (this face|this video): (.+)$/, (m) => {
    const why = all(REASONS, m[2]);
    return why && `Das Programm kann ${WHAT[m[1]]} nicht beurteilen: ${why}`;
  }],
  [/^(The [a-z ]+?)(?: of the picture)? says? so most: (.+)$/, mostly],
  [/^No part of the face stands out: many small differences add up to this$/, "Kein Teil des Gesichts sticht hervor: Viele kleine Unterschiede ergeben das zusammen"],
  [/^What was measured in the face is no evidence either way$/, "Was im Gesicht gemessen wurde, spricht weder dafür noch dagegen"],
  [/^Nothing in it would have been called a swap; smoothing can remove just what gives one away$/, "Nichts darin hätte Tausch geheißen; Glätten kann gerade das entfernen, was ihn verrät"],
  [/^This model can't say which part of the face its answer comes from$/, "Dieses Modell kann nicht sagen, aus welchem Teil des Gesichts seine Antwort kommt"],
  [/^Make-up filters, retouching and anything else that blurs a face more than what surrounds it can look the same: this is a reason to look closer, and no proof$/, "Schminkfilter, Retusche und alles andere, was ein Gesicht unschärfer macht als seine Umgebung, kann genauso aussehen: Das ist ein Grund, genauer hinzusehen, und kein Beweis"],
  [/^That does not make it genuine: it was not checked for (.+)$/, notChecked],
  [/^A larger picture of the same face may say more$/, "Ein größeres Bild desselben Gesichts sagt vielleicht mehr"],
  [/^A less compressed copy, such as the original file, may say more$/, "Eine weniger komprimierte Kopie, etwa die ursprüngliche Datei, sagt vielleicht mehr"],
  [/^Many phones and apps smooth faces by themselves: that alone is no sign of a swap$/, "Viele Telefone und Apps glätten Gesichter von selbst: Das allein ist kein Anzeichen eines Tauschs"],
  [/^A better copy, or another picture of the same face, may say more$/, "Eine bessere Kopie oder ein anderes Bild desselben Gesichts sagt vielleicht mehr"],
  [/^No face was found in the (\d+) frames? of this video that were looked at$/, (m) => `In den ${m[1]} angesehenen Einzelbildern dieses Videos wurde kein Gesicht gefunden`],
  [/^So there is nothing to compare$/, "Also gibt es nichts zu vergleichen"],
  [/^Looking at more frames may find one$/, "In mehr Einzelbildern findet sich vielleicht eines"],
  [/^(\d+) frames? with a face (?:was|were) looked at: (.+?)(?:; the most suspicious is at ([\d:]+))?$/, (m) => {
    const counts = m[2].split(", ").map((one) => {
      const [, n, what] = /^(\d+) (.+)$/.exec(one) ?? [];
      const words = { "with signs of a swap": "mit Anzeichen eines Tauschs", "with none": "ohne", "in which it can't tell": "nicht zu beurteilen" }[what];
      return words ? `${n} ${words}` : null;
    });
    if (counts.includes(null)) return null;
    return `Angesehene Einzelbilder mit einem Gesicht: ${m[1]}, davon ${counts.join(", ")}${m[3] ? `; das verdächtigste bei ${m[3]}` : ""}`;
  }],
];

// How the scores of frames were joined, and what else to know.
const NOTES = [
  [/^mean of (\d+) of (\d+) frames?$/, (m) => `Mittel von ${m[1]} von ${m[2]} Einzelbildern`],
  [/^cut short: (\d+) of (\d+) frames$/, (m) => `abgeschnitten: ${m[1]} von ${m[2]} Einzelbildern`],
];

// What is known of a file, and what to do with one that cannot be read.
const FACTS = [
  ...literally({
    "JPEG quality": "JPEG-Qualität",
    Chroma: "Farbauflösung",
    "JPEG kind": "JPEG-Art",
    "progressive: mostly from a program or web site, not from a camera": "progressiv: meist von einem Programm oder einer Webseite, nicht aus einer Kamera",
    "4:4:4 (all colour kept)": "4:4:4 (alle Farbe erhalten)",
    "4:2:0 (colour at half the resolution)": "4:2:0 (Farbe mit halber Auflösung)",
    "Compressed before": "Früher komprimiert",
    "no sign of an earlier JPEG compression": "kein Anzeichen einer früheren JPEG-Komprimierung",
    "signs of an earlier JPEG compression": "Anzeichen einer früheren JPEG-Komprimierung",
    "C2PA (content credentials)": "C2PA (Herkunftsnachweis)",
    "present, not checked": "vorhanden, nicht geprüft",
    none: "keine Angaben",
    damaged: "beschädigt",
    unknown: "unbekannt",
    "Frames per second": "Bilder pro Sekunde",
    "Bit rate": "Bitrate",
    "Written by": "Geschrieben von",
    "Choose another file": "Wählen Sie eine andere Datei",
    "Download or copy it again": "Laden oder kopieren Sie sie noch einmal",
    "Send a shorter piece of it": "Schicken Sie ein kürzeres Stück davon",
    "Send a smaller copy, but make no face smaller than 64 pixels": "Schicken Sie eine kleinere Kopie, aber machen Sie kein Gesicht kleiner als 64 Pixel",
    "Send a photograph, such as JPEG or PNG, or a video, such as MP4": "Schicken Sie ein Foto, etwa JPEG oder PNG, oder ein Video, etwa MP4",
    "Save it again as JPEG, PNG or MP4 in another program, or send another copy": "Speichern Sie sie in einem anderen Programm noch einmal als JPEG, PNG oder MP4, oder schicken Sie eine andere Kopie",
  }),
  [/^about (\d+)$/, (m) => `etwa ${m[1]}`],
  [/^signs of an earlier JPEG compression, cut since \(its blocks begin at (\d), (\d)\)$/, (m) => `Anzeichen einer früheren JPEG-Komprimierung, seither beschnitten (Blöcke beginnen bei ${m[1]}, ${m[2]})`],
];

export const GERMAN = [...literally(SCOPE), ...REASONS, ...EVIDENCE, ...SENTENCES, ...NOTES, ...FACTS];
