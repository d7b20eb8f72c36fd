/** What the house offers when somebody wishes for something to bid for: a title that begins with a picture, and amounts in cents. */
export const sampleLots = [
  {
    title: "🕰️ Ship's chronometer",
    description: "Brass, in its gimbals, and only four seconds slow since 1911. Comes with the key and a damp logbook.",
    startPrice: 120_00,
    reserve: 200_00,
  },
  {
    title: "🐚 Cabinet of shells",
    description:
      "Two hundred and six shells in twelve drawers, each with its label. The handwriting gets worse by the drawer.",
    startPrice: 18_00,
    reserve: null,
  },
  {
    title: "🗺️ Chart of an unknown coast",
    description: "Hand drawn. Nobody has found the coast, and not for want of trying.",
    startPrice: 45_00,
    reserve: null,
  },
  {
    title: "🔭 Harbour telescope",
    description: "A three-draw telescope that used to take coins. It still does, and does not give them back.",
    startPrice: 60_00,
    reserve: 90_00,
  },
  {
    title: "⚓ Anchor, slightly used",
    description: "Held a ferry through one storm and a terrace through eleven summers. Collection only.",
    startPrice: 25_00,
    reserve: null,
  },
  {
    title: "🎵 Fiddle of the night watch",
    description: "Played on deck for thirty years. The varnish is salt; the sound is not.",
    startPrice: 80_00,
    reserve: 150_00,
  },
] as const;
