// Writes .env from .env.example with secrets of its own, unless there is one. `node deploy/make-env.mjs [FILE]`
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const [file = new URL("../.env", import.meta.url)] = process.argv.slice(2);
const word = (bytes) => randomBytes(bytes).toString("hex");
const secrets = {
  VALKEY_PASSWORD: word(24),
  S3_ACCESS_KEY: `osteon-${word(6)}`,
  S3_SECRET_KEY: word(24),
  WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  WEBHOOK_MASTER_SECRET: randomBytes(32).toString("base64url"),
  GRAFANA_PASSWORD: word(16),
};
const example = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
const text = example.replace(/^([A-Z0-9_]+)=.*$/gm, (line, name) =>
  name in secrets ? `${name}=${secrets[name]}` : line,
);
try {
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  console.error(`Secrets of your own are in ${file instanceof URL ? ".env" : file}`);
} catch (error) {
  if (error.code !== "EEXIST") throw error;
  console.error("There is a .env: left as it is");
}
