export * from './contracts/index.js';
export * from './problems/index.js';
