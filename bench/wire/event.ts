/** What is sent to every subscriber: numbered from 1, so that a subscriber sees what is missing. */
export interface Event {
  readonly text: string;
  readonly cost: number;
}

const textBytes = 200;
const digits = 10;

/** Makes events of 200 bytes of text, each with the next number in front. */
export function eventMaker(): () => Event {
  let made = 0;
  return () => {
    made += 1;
    return { text: String(made).padStart(digits, "0").padEnd(textBytes, "x"), cost: 3 };
  };
}

const mark = '"text":"';

/** Calls `found` with the number of each event in a text of JSON. */
export function findNumbers(json: Buffer, found: (number: number) => void): void {
  let at = json.indexOf(mark);
  while (at !== -1) {
    const start = at + mark.length;
    found(Number(json.toString("latin1", start, start + digits)));
    at = json.indexOf(mark, start + textBytes);
  }
}
