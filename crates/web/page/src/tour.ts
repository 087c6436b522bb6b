// The guided tour: each stop is a setting and what is seen there. The numbers are those of seed 1, after 2500 steps
// unless a step is named; tests/tour.test.mjs computes them again.

export interface Stop {
  title: string;
  /** What is set on top of the opening settings. */
  set: Record<string, string>;
  text: string;
}

export const TOUR: Stop[] = [
  {
    title: "1 · Masks find the atoms",
    set: {},
    text:
      "Both networks start from the same small random weights and see the same samples. After 1000 steps the left " +
      "one has a neuron for each of the 16 atoms. The right one has none even after 2500 steps, and the dense share " +
      "of its energy has grown to .49.",
  },
  {
    title: "2 · With little noise nobody needs masks",
    set: { "data.noise_constant": "0.35" },
    text:
      "The noise is about a third of what it was. Thresholds shut it out by themselves now. After 500 steps both " +
      "networks have found all 16 atoms.",
  },
  {
    title: "3 · Without thresholds nobody finds atoms",
    set: { "bias.kind": "zero" },
    text:
      "The neurons have no thresholds, so each network is a linear map. Masks still keep noise out of the weights: " +
      "13 % of the left energy is dense in the end, and 70 % of the right. But no neuron of either belongs to a " +
      "single atom.",
  },
  {
    title: "4 · Masks that hide little",
    set: { "augmentation.keep_rate": "0.9" },
    text:
      "The first view keeps nine of ten coordinates and the second view the tenth. The left network learns more slowly, " +
      "and its first stage does not end within 2500 steps. It finds no atom in that time, although only 13 % of its " +
      "energy is dense.",
  },
  {
    title: "5 · Theory is there first",
    set: {},
    text:
      "The dotted curves are the closed form of the first stage, drawn before any step is taken. It says that the stage " +
      "ends at step 139 with masks and at step 40 without. Measured are 154 and 41.",
  },
  {
    title: "6 · Noise of their own does not help",
    set: { "arms.none.augmentation.kind": "additive_noise" },
    text:
      "Each view of the right network gets noise of its own now, and hides nothing. The noise of the sample itself is " +
      "still in both views. The right network finds no atom in 2500 steps, and 55 % of its energy is dense.",
  },
  {
    title: "7 · Too few samples a step",
    set: { "batch.anchors": "64" },
    text:
      "A step averages over 64 samples, an eighth of what it was. The noise of the gradient feeds the dense part now: " +
      "54 % of the left energy is dense in the end, and masks find no atom. The first stage ends at step 97, before the " +
      "closed form says so, because the closed form counts no such noise.",
  },
  {
    title: "8 · What features are worth",
    set: {},
    text:
      "Play to the end and press Probe both now. A linear probe reaches R² .57 on the left features and .33 on the " +
      "right ones. The best linear rule on the samples themselves reaches .38, so only the left network has learned " +
      "something that is worth more than its input.",
  },
];
