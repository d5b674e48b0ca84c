/** Whether a backend that was ejected is being tried: one session may come, or is there; `none`, where nothing has to be tried. */
export const trials = { none: 0, open: 1, taken: 2 } as const;
export type Trial = (typeof trials)[keyof typeof trials];
