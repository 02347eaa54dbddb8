import { t } from "../messages/index.js";
import { Button } from "../ui/Button.js";
import { Icon } from "../ui/icons.js";
import { partName } from "../words/results.js";
import { type Filters, noFilters, results } from "./filters.js";

interface Properties {
  filters: Filters;
  onChange(filters: Filters): void;
}

const parts = ["elbow", "hand", "shoulder", "leg", "hip", "other"];

export function FilterBar({ filters, onChange }: Properties) {
  const change = (part: Partial<Filters>) => onChange({ ...filters, ...part });
  const narrowed = Object.values(filters).some((value) => value !== "");
  return (
    <search className="filters">
      <label className="field filters-text">
        <span>{t("history.search")}</span>
        <span className="with-icon">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={filters.text}
            placeholder={t("history.searchHint")}
            onChange={({ currentTarget }) => change({ text: currentTarget.value })}
          />
        </span>
      </label>
      <label className="field">
        <span>{t("history.part")}</span>
        <select value={filters.part} onChange={({ currentTarget }) => change({ part: currentTarget.value })}>
          <option value="">{t("history.any")}</option>
          {parts.map((part) => (
            <option key={part} value={part}>
              {partName(part)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t("history.result")}</span>
        <select
          value={filters.result}
          onChange={({ currentTarget }) => {
            const result = results.find((each) => each === currentTarget.value);
            change({ result: result ?? "" });
          }}
        >
          <option value="">{t("history.any")}</option>
          {results.map((result) => (
            <option key={result} value={result}>
              {t(`history.results.${result}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t("history.from")}</span>
        <input
          type="date"
          value={filters.from}
          onChange={({ currentTarget }) => change({ from: currentTarget.value })}
        />
      </label>
      <label className="field">
        <span>{t("history.to")}</span>
        <input
          type="date"
          value={filters.to}
          onChange={({ currentTarget }) => change({ to: currentTarget.value })}
        />
      </label>
      {narrowed && (
        <Button kind="quiet" icon="close" onClick={() => onChange(noFilters)}>
          {t("history.clear")}
        </Button>
      )}
    </search>
  );
}
