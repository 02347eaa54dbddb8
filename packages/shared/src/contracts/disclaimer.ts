/** Stands by every finding. Apart from the schemas, which take long to load. */
export const disclaimer = "Research use only. Not a medical device.";
