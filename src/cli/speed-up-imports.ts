import { enableCompileCache, registerHooks } from 'node:module'
import { join } from 'node:path'

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/anxiao')

/**
 * Halves the time of importing everything: compiled code is kept from one start to the next, and the modules of
 * drizzle-orm import each other without Node reading that package's 180 kB package.json again for each of the hundreds.
 */
export function speedUpImports(): void {
  // Where the folder cannot be written this only answers that nothing is kept.
  enableCompileCache(CACHE)
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context
      if (!specifier.startsWith('.') || !parentURL?.includes('/node_modules/drizzle-orm/'))
        return next(specifier, context)
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
    },
  })
}
