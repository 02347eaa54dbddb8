import legNormal from "./IMG0000220.jpg";
import handNormal from "./IMG0000235.jpg";
import handFractured from "./IMG0000600.jpg";
import shoulderNormal from "./IMG0000603.jpg";
import elbowNormal from "./IMG0000610.jpg";
import hipNormal from "./IMG0000726.jpg";
import other from "./IMG0000728.jpg";
import elbowFractured from "./IMG0000844.jpg";
import legFractured from "./IMG0002036.jpg";
import hipFractured from "./IMG0002607.jpg";
import shoulderFractured from "./IMG0002619.jpg";

/** A film of FracAtlas's test split (CC BY 4.0, see NOTICE): the first of its region and label, whatever the models say of it. */
export interface Sample {
  name: string;
  url: string;
  part: string;
  /** As FracAtlas's radiologists labelled it. */
  fractured: boolean;
  width: number;
  height: number;
}

const upright = { width: 373, height: 454 };

export const samples: readonly Sample[] = [
  { name: "IMG0000600.jpg", url: handFractured, part: "hand", fractured: true, ...upright },
  { name: "IMG0000235.jpg", url: handNormal, part: "hand", fractured: false, width: 454, height: 363 },
  { name: "IMG0000844.jpg", url: elbowFractured, part: "elbow", fractured: true, ...upright },
  { name: "IMG0000610.jpg", url: elbowNormal, part: "elbow", fractured: false, ...upright },
  { name: "IMG0002619.jpg", url: shoulderFractured, part: "shoulder", fractured: true, ...upright },
  { name: "IMG0000603.jpg", url: shoulderNormal, part: "shoulder", fractured: false, ...upright },
  { name: "IMG0002036.jpg", url: legFractured, part: "leg", fractured: true, ...upright },
  { name: "IMG0000220.jpg", url: legNormal, part: "leg", fractured: false, width: 363, height: 454 },
  { name: "IMG0002607.jpg", url: hipFractured, part: "hip", fractured: true, ...upright },
  { name: "IMG0000726.jpg", url: hipNormal, part: "hip", fractured: false, ...upright },
  { name: "IMG0000728.jpg", url: other, part: "other", fractured: false, ...upright },
];

export async function sampleFile({ name, url }: Sample): Promise<File> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`no sample ${name}`);
  return new File([await answer.blob()], name, { type: "image/jpeg" });
}
