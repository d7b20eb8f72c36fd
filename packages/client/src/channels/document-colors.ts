/** How a person is shown in a document. */
export interface PersonColors {
  /** `#rrggbb`: white text on it can be read, and it can be seen on white and on dark pages. */
  readonly color: string;
  /** The same, for the background of what they have selected: the text over it can be read in both themes. */
  readonly colorLight: string;
}

/**
 * The relative luminance of WCAG that all have. Contrast is then 5.0 to white, for names in it, and above 3 to pages as dark
 * as #242424, for carets on them.
 */
const luminance = 0.16;

/** The colours of a person, always the same ones for an id. */
export function personColors(id: string): PersonColors {
  const color = colorOf(hashOf(id) % 360);
  return { color, colorLight: `${color}33` };
}

/** A number of 32 bits that is the same for the same text (FNV-1a). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  // Texts that differ in their last letters alone are to be far from each other.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function colorOf(hue: number): string {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 12; step += 1) {
    const lightness = (low + high) / 2;
    if (luminanceOf(rgbOf(hue, lightness)) > luminance) high = lightness;
    else low = lightness;
  }
  return `#${rgbOf(hue, low)
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** Of a hue in degrees, at a saturation that is not shrill. */
function rgbOf(hue: number, lightness: number): number[] {
  const saturation = 0.65;
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const at = (offset + hue / 30) % 12;
    return lightness - reach * Math.max(-1, Math.min(at - 3, 9 - at, 1));
  });
}

function luminanceOf(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
