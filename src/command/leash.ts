// Preloaded by the scripts of ours that are children: their channel closes however their parent ends, and then they end too.
import { isMainThread } from "node:worker_threads";

// Their threads preload it as well, and have no channel.
if (isMainThread) {
  if (!process.connected) process.exit();
  process.once("disconnect", () => process.exit());
  // A child that is done need not wait for that; one that is asked things takes the channel back.
  process.channel?.unref();
}
