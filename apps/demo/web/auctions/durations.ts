/** For how long a lot may be open: minutes, as a list to choose from shows them. */
export const durations = [
  { value: "1", label: "1 minute" },
  { value: "3", label: "3 minutes" },
  { value: "10", label: "10 minutes" },
  { value: "60", label: "1 hour" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
];
