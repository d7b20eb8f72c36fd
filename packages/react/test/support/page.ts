import { Window } from "happy-dom";

// Of a page only what React needs, so that everything else stays Node's own. To be imported before react-dom.
const window = new Window();
Object.assign(globalThis, { window, document: window.document });
