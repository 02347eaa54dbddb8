import { Icon } from "./icons.js";

/** A film's small picture in a list; a sign where there is none yet. */
export function Thumbnail({ source }: { source: string | undefined }) {
  return (
    <span className="thumbnail">
      {source === undefined ? (
        <Icon name="boxes" size={22} />
      ) : (
        <img src={source} alt="" width={52} height={52} loading="lazy" decoding="async" />
      )}
    </span>
  );
}
