import { fileURLToPath } from 'node:url'

/** The content that ships with this release. */
export const SHIPPED_SEEDS = fileURLToPath(new URL('../../seeds', import.meta.url))
