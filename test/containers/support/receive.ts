// A receiver of webhooks in a process of its own: tells its parent its address, then each delivery.
import { Receiver } from "../../support/receiver.js";

const [host = "", secret = ""] = process.argv.slice(2);
const receiver = await Receiver.listen(host, [secret]);
receiver.on("delivery", (delivery) => process.send?.(delivery));
process.on("disconnect", () => process.exit());
process.send?.({ url: receiver.url });
