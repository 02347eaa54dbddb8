import { normalise } from "@osteon/imaging";
import { BodyPartClassifier, createEngine, FractureExaminer, loadBundles } from "@osteon/inference";
import type { Bone } from "@osteon/shared";

/** The path with nothing around it: decode, tensor, both models, in a tight loop with all cores busy. */
export class BareLoop {
  readonly #run: (film: Buffer) => Promise<void>;
  readonly close: () => Promise<void>;

  private constructor(run: (film: Buffer) => Promise<void>, close: () => Promise<void>) {
    this.#run = run;
    this.close = close;
  }

  static async open(modelsDir: string): Promise<BareLoop> {
    const engine = await createEngine("onnxruntime");
    const bundles = await loadBundles(modelsDir);
    const classifier = await BodyPartClassifier.load(engine, bundles);
    const examiner = await FractureExaminer.load(engine, bundles);
    return new BareLoop(
      async (bytes) => {
        const film = await normalise(bytes);
        const { bodyPart, outcome } = await classifier.classify(film);
        if (outcome === "analysed") await examiner.examine(bodyPart.label as Bone, film);
      },
      async () => {
        await classifier.dispose();
        await examiner.dispose();
        await engine.dispose();
      },
    );
  }

  /** Films a second with `inFlight` films in hand, for `seconds`. */
  async measure(films: readonly Buffer[], inFlight: number, seconds: number): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1000;
    let done = 0;
    let next = 0;
    const loop = async () => {
      while (performance.now() < until) {
        const film = films[next++ % films.length];
        if (film === undefined) return;
        await this.#run(film);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
    return (done * 1000) / (performance.now() - began);
  }
}
