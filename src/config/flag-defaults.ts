/** What holds where there is neither a file nor the flag. */
export const flagDefaults = {
  listen: "127.0.0.1:8080",
  backends: ["127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003"],
} as const;
