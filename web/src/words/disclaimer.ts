/** As the API says it with every answer. */
export const disclaimer = "Research use only. Not a medical device.";
