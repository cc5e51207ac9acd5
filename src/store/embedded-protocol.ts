/** What the store and its worker thread say to each other; bytes are PostgreSQL's wire protocol, whole messages only. */
export type ToWorker = { kind: 'open-session' } | { kind: 'bytes'; bytes: Uint8Array } | { kind: 'shut-down' }

export type FromWorker =
  | { kind: 'ready'; version: string }
  | { kind: 'session-open' }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'failed'; message: string }
  | { kind: 'shut-down' }

export interface EmbeddedWorkerData {
  /** Folder of the cluster; created when missing. */
  folder: string
}
