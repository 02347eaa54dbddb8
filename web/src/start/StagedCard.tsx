import { memo } from "react";
import { bytes } from "../messages/format.js";
import { t } from "../messages/index.js";
import type { StagedFilm } from "../state/staging.js";
import { IconButton } from "../ui/Button.js";
import { Icon } from "../ui/icons.js";

interface Properties {
  film: StagedFilm;
  marked: boolean;
  onMark(key: string): void;
  onRemove(key: string): void;
}

/** A film that waits to be sent, with what the checks say of it. Of hundreds only those are drawn anew that changed. */
export const StagedCard = memo(function StagedCard({ film, marked, onMark, onRemove }: Properties) {
  const { key, file, check, preview } = film;
  const state = check === undefined ? "looking" : check.fault ? "fault" : check.doubt ? "doubt" : "fit";
  return (
    <li className="staged" data-state={state} data-marked={marked}>
      <label className="staged-pick">
        <input
          type="checkbox"
          checked={marked}
          onChange={() => onMark(key)}
          aria-label={t("staging.mark", { name: file.name })}
        />
        <span className="staged-picture">
          {preview === undefined ? (
            <Icon name="boxes" size={28} />
          ) : (
            <img src={preview} alt="" decoding="async" />
          )}
        </span>
      </label>
      <span className="staged-name" title={file.name}>
        {file.name}
      </span>
      <span className="staged-state">{stateText(film)}</span>
      <IconButton
        icon="close"
        label={t("staging.remove", { name: file.name })}
        onClick={() => onRemove(key)}
      />
    </li>
  );
});

function stateText({ file, check }: StagedFilm): string {
  if (check === undefined) return t("staging.lookingOne");
  if (check.fault !== undefined) return t(`faults.${check.fault}`);
  if (check.doubt !== undefined) return t(`doubts.${check.doubt}`);
  const size = bytes(file.size);
  return check.width === undefined
    ? size
    : `${t("facts.pixels", { width: check.width, height: check.height ?? 0 })} · ${size}`;
}
