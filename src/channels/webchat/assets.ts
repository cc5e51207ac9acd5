import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readPageScript } from './browser-script.ts'

export interface Asset {
  path: string
  type: string
  body: string
}

/** The files of the page, read once. Their names carry a hash of their content, so browsers may keep them for good. */
export const ASSETS = {
  style: nameAsset('page', 'css', 'text/css; charset=utf-8', readAsset('page.css')),
  script: nameAsset('page', 'js', 'text/javascript; charset=utf-8', readPageScript()),
  icon: nameAsset('icon', 'svg', 'image/svg+xml', readAsset('icon.svg')),
} satisfies Record<string, Asset>

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}

function nameAsset(name: string, ending: string, type: string, body: string): Asset {
  return { path: `/assets/${name}.${hashText(body)}.${ending}`, type, body }
}

function readAsset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')
}
