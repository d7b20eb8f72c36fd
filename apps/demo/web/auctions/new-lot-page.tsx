import { Button, Fieldset, NativeSelect, Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { auctionsPath, navigate, newAuctionPath, pathOfAuction } from "../router.ts";
import { PageTitle } from "../shell/page-title.tsx";
import { Shell } from "../shell/shell.tsx";
import { useStore } from "../store.ts";
import { useSignOutOn } from "../use-sign-out-on.ts";
import { visit } from "../visit.ts";
import { LotArt } from "./lot-art.tsx";
import { splitTitle } from "./lot-title.ts";
import classes from "./new-lot-page.module.css";
import { type OfferProblem, offerLot } from "./offer-lot.ts";
import { PicturePicker } from "./picture-picker.tsx";
import { type Draft, emptyDraft, type Problems, readDraft } from "./read-draft.ts";

const currencies = ["EUR", "USD", "GBP", "CHF", "JPY"];
const openings = [
  { value: "now", label: "At once" },
  { value: "1", label: "In a minute" },
  { value: "10", label: "In ten minutes" },
  { value: "60", label: "In an hour" },
  { value: "draft", label: "When I say so: keep it as a draft" },
];
const softCloses = [
  { value: "0", label: "Nothing" },
  { value: "15", label: "15 seconds" },
  { value: "30", label: "30 seconds" },
  { value: "120", label: "2 minutes" },
];

/** What explains a field stands below it, so that fields in a row are in line. */
const order: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** Where one offers something. */
export function NewLotPage() {
  const { client } = useStore(visit);
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<OfferProblem>();
  const [busy, setBusy] = useState(false);
  useSignOutOn(refused?.error);

  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setProblems((before) => ({
      ...before,
      ...Object.fromEntries(Object.keys(change).map((name) => [name, undefined])),
    }));
  };
  const text = (name: "title" | "description" | "startPrice" | "reserve" | "minutes") => ({
    name,
    value: draft[name],
    error: problems[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      set({ [name]: event.currentTarget.value }),
  });
  const choice = (name: "currency" | "opens" | "softClose") => ({
    value: draft[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      set({ [name]: event.currentTarget.value }),
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readDraft(draft);
    if (!read.ok) {
      setProblems(read.problems);
      const [first] = Object.keys(read.problems);
      form.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    setBusy(true);
    setRefused(undefined);
    const offered = await offerLot(client, read.terms);
    setBusy(false);
    if (!offered.ok) setRefused(offered);
    // Whoever has gone elsewhere meanwhile stays there.
    else if (location.pathname === newAuctionPath) navigate(pathOfAuction(offered.auctionId));
  };

  return (
    <Shell title={<PageTitle>Sell something</PageTitle>}>
      <form ref={form} className={classes.page} onSubmit={(event) => void submit(event)} noValidate>
        <div className={classes.preview}>
          <LotArt auctionId={draft.title} picture={splitTitle(`${draft.picture} `).picture} />
        </div>
        <Stack gap="md">
          <PicturePicker value={draft.picture} onChange={(picture) => set({ picture })} />
          <TextInput label="What is it?" placeholder="Brass sextant, in its box" withAsterisk {...text("title")} />
          <Textarea
            label="Description"
            placeholder="Its age, its condition, what is wrong with it"
            autosize
            minRows={3}
            maxRows={10}
            {...text("description")}
          />
        </Stack>
        <Fieldset legend="Price" radius="lg">
          <div className={classes.fields}>
            <NativeSelect label="Currency" data={currencies} {...choice("currency")} />
            <TextInput
              label="Start price"
              placeholder="20.00"
              inputMode="decimal"
              withAsterisk
              {...text("startPrice")}
            />
            <TextInput
              label="Reserve"
              description="Below it, it is not sold. Nobody sees it."
              inputWrapperOrder={order}
              placeholder="None"
              inputMode="decimal"
              {...text("reserve")}
            />
          </div>
          <Radio.Group
            mt="md"
            label="A bid is"
            value={draft.proxy ? "proxy" : "exact"}
            onChange={(value) => set({ proxy: value === "proxy" })}
          >
            <Stack gap={8} mt={6}>
              <Radio
                value="proxy"
                label="a maximum"
                description="The auction bids for people, up to what each would pay at most."
              />
              <Radio value="exact" label="what is paid" description="Each bid is the price, as in a hall." />
            </Stack>
          </Radio.Group>
        </Fieldset>
        <Fieldset legend="Time" radius="lg">
          <div className={classes.fields}>
            <NativeSelect label="Opens" data={openings} {...choice("opens")} />
            <TextInput label="Minutes it is open" inputMode="numeric" withAsterisk {...text("minutes")} />
            <NativeSelect
              label="Late bids move the end by"
              description="Those in the last seconds, as many."
              inputWrapperOrder={order}
              data={softCloses}
              {...choice("softClose")}
            />
          </div>
        </Fieldset>
        {refused && (
          <p className={classes.problem} role="alert">
            {refused.problem}
          </p>
        )}
        <div className={classes.actions}>
          <Button variant="default" onClick={() => navigate(auctionsPath)}>
            Back
          </Button>
          <Button type="submit" loading={busy}>
            {draft.opens === "draft" ? "Keep it as a draft" : "Offer it"}
          </Button>
        </div>
      </form>
    </Shell>
  );
}
