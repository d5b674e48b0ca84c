/** Parts of the file that this version checks and then passes over; docs/configuration.md and a warning say so. */
export const unbuilt = ["servers", "admin"] as const;
