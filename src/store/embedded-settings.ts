import { PGlite, type PGliteOptions } from '@electric-sql/pglite'

// The defaults are sized for a server: one connection needs neither 128 MB of buffers nor 1 GB of log.
const settings = ['shared_buffers=16MB', 'max_wal_size=64MB', 'min_wal_size=16MB']

export const pgliteOptions: PGliteOptions = {
  startParams: [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])],
  // Log segments of 4 MB, for a smaller folder and a faster first start.
  initDbStartParams: ['--wal-segsize=4', '-c', 'shared_buffers=16MB'],
}
