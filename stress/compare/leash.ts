// Preloaded by the children of compare: their channel to it closes however it ends, and then nobody wants them any more.
if (!process.connected) process.exit();
process.once("disconnect", () => process.exit());
// A child that ends in order need not wait for that.
process.channel?.unref();
