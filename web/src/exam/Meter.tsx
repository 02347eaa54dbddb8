import type { ModelRef } from "@osteon/client";
import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";

interface Properties {
  probability: number;
  thresholds: NonNullable<ModelRef["thresholds"]> | undefined;
}

/** Where the probability lies between the thresholds that give the certainty and the result. */
export function Meter({ probability, thresholds }: Properties) {
  const at = (share: number) => ({ left: `${share * 100}%` });
  return (
    <div className="meter">
      <meter className="unseen" aria-label={t("results.probability")} value={probability} min={0} max={1}>
        {percent(probability)}
      </meter>
      <div className="meter-bar" aria-hidden="true">
        {thresholds !== undefined && (
          <>
            <span
              className="meter-zone negative"
              style={{ left: 0, width: percentOf(thresholds.sensitive) }}
            />
            <span
              className="meter-zone doubtful"
              style={{
                left: percentOf(thresholds.sensitive),
                width: percentOf(thresholds.specific - thresholds.sensitive),
              }}
            />
            <span
              className="meter-zone positive"
              style={{ left: percentOf(thresholds.specific), right: 0 }}
            />
            <span className="meter-tick" style={at(thresholds.balanced)} />
          </>
        )}
        <span className="meter-needle" style={at(probability)} />
      </div>
      {thresholds !== undefined && (
        <p className="meter-text">
          {t("results.thresholds", {
            sensitive: percent(thresholds.sensitive),
            balanced: percent(thresholds.balanced),
            specific: percent(thresholds.specific),
          })}
        </p>
      )}
    </div>
  );
}

function percentOf(share: number): string {
  return `${Math.max(0, share) * 100}%`;
}
