import { describe, expect, test } from "vitest";
import { readAs, startBooks, userOf } from "./support/books.ts";
import { errorOf } from "./support/error-of.ts";
import { slowNetwork } from "./support/slow-network.ts";

const ulysses = { bookId: "ulysses" };

/** Ann's tokens: another one each time that it is asked for. */
function countingTokens() {
  let asked = 0;
  const next = () => {
    asked += 1;
    return `ann.${asked}`;
  };
  return Object.assign(next, { asked: () => asked });
}

describe("The token of a query whose answer may be large", () => {
  test("is asked for once more when the server refuses it, for all that come after, too", async () => {
    await using server = await startBooks({
      overHttp: (token) => (token?.endsWith(".1") ? null : userOf(token)),
    });
    const token = countingTokens();
    await using ann = readAs(server, "", { token });
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(server.asked.map(({ token }) => token)).toEqual(["ann.1", "ann.2", "ann.2"]);
    expect(ann.overSocket()).toBe(0);
    expect(ann.connection.current.status).toBe("open");
  });

  test("that HTTP refuses again is not asked for a third time, and the socket is believed", async () => {
    await using server = await startBooks({ overHttp: () => null });
    const token = countingTokens();
    await using ann = readAs(server, "", { token });
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(await ann.book.query.whole(ulysses)).toMatchObject({ reader: "ann" });
    expect(server.asked.map(({ token }) => token)).toEqual(["ann.1", "ann.2", "ann.2"]);
    expect(ann.overSocket()).toBe(2);
  });

  test("is the one that the socket was given last", async () => {
    await using server = await startBooks({ tokenMs: 1_000 });
    const token = countingTokens();
    await using ann = readAs(server, "", { token });
    await ann.book.query.whole(ulysses);
    await expect.poll(() => token.asked(), { timeout: 4_000 }).toBe(2);
    await ann.book.query.title(ulysses);
    await ann.book.query.whole(ulysses);
    expect(server.asked.map(({ token }) => token)).toEqual(["ann.1", "ann.2"]);
  });
});

describe("When another user signs in while a large answer is coming,", () => {
  test.each(["told", "not told"])("the next one gets none of it, and asks anew; the client is %s", async (how) => {
    await using server = await startBooks();
    const slow = slowNetwork();
    let user = "ann";
    await using tab = readAs(server, "", { token: () => user, user: () => ({ id: user }), fetch: slow.fetch });
    const anns = errorOf(tab.book.query.whole(ulysses));
    await expect.poll(() => server.asked.length).toBe(1);
    user = "ben";
    if (how === "told") tab.checkUser();
    slow.letThrough();
    expect(await anns).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await tab.book.query.whole(ulysses)).toMatchObject({ reader: "ben" });
    expect(server.asked.map(({ token }) => token)).toEqual(["ann", "ben"]);
  });

  test.each(["told", "not told"])(
    "and it is refused, it is not asked with the token of that user; the client is %s",
    async (how) => {
      let user = "ann";
      let changed = (): void => {};
      await using server = await startBooks({
        overHttp: (token) => {
          if (token !== "ann") return userOf(token);
          user = "ben";
          changed();
          return null;
        },
      });
      await using tab = readAs(server, "", { token: () => user, user: () => ({ id: user }) });
      if (how === "told") changed = () => tab.checkUser();
      expect(await errorOf(tab.book.query.whole(ulysses))).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect(server.asked.map(({ token }) => token)).toEqual(["ann"]);
      expect(tab.overSocket()).toBe(0);
      expect(await tab.book.query.whole(ulysses)).toMatchObject({ reader: "ben" });
    },
  );
});
