import { useLocation } from "wouter";
import { t } from "../messages/index.js";
import { type Sample, sampleFile, samples } from "../samples/index.js";
import { exams } from "../state/exams.js";
import { sendExams } from "../state/sending.js";
import { say } from "../ui/toasts.js";
import { partName } from "../words/results.js";

/** Films to try it with, one click away. */
export function Samples() {
  const [, navigate] = useLocation();
  const examine = async (sample: Sample) => {
    try {
      const file = await sampleFile(sample);
      sendExams([{ films: [file], previews: [URL.createObjectURL(file)] }]);
      const sent = exams.get()[0];
      if (sent !== undefined) navigate(`/exams/${sent.key}`);
    } catch {
      say(t("refusals.unreachable"));
    }
  };
  return (
    <section className="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">{t("samples.title")}</h2>
      <ul>
        {samples.map((sample) => (
          <li key={sample.name}>
            <button type="button" className="sample" onClick={() => examine(sample)}>
              <img src={sample.url} alt="" width={sample.width} height={sample.height} loading="lazy" />
              <span className="sample-part">{partName(sample.part)}</span>
              <span className="sample-truth">
                {t(sample.fractured ? "samples.fractured" : "samples.normal")}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="attribution">
        {t("samples.attribution")}{" "}
        <a href="https://doi.org/10.1038/s41597-023-02432-4" target="_blank" rel="noreferrer">
          doi 10.1038/s41597-023-02432-4
        </a>
        , CC BY 4.0.
      </p>
    </section>
  );
}
