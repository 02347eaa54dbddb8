/** Ends with a clear message on a Node that cannot run Osteon. Must itself be readable for old versions. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Osteon needs Node 20.19 or later; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}
