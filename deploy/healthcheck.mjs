// HEALTHCHECK of the images: whether the service in this container is ready.
const answer = await fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/readyz`).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
