/** BullMQ and ioredis, all that the services use of them: one file for both, so that they share one client. */
export { DelayedError, type Job, type JobsOptions, Queue, UnrecoverableError, Worker } from "bullmq";
export { Cluster, type ClusterNode, Redis, type RedisOptions, ReplyError } from "ioredis";
