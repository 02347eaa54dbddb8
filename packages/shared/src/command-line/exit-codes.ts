/** What was broken off by a signal, as a shell counts it. */
export const interrupted = 130;

/** A service has found that its configuration is bad (EX_CONFIG): another try would say the same. */
export const badConfiguration = 78;
