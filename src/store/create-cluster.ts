import { PGlite } from '@electric-sql/pglite'

import { pgliteOptions } from './embedded-settings.ts'

// A script: `node create-cluster.ts <folder>` makes an empty cluster there.
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: create-cluster.ts <folder>')
const lite = await PGlite.create(folder, pgliteOptions)
await lite.close()
