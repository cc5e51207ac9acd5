import { buildPlaceFinder, type FindPlaces } from './find-places.ts'
import { buildPlaceTree, readPlaceFile, type PlaceTree } from './place-tree.ts'

/** Everything the product knows about places. */
export interface Places extends PlaceTree {
  /** Places named in a text, in reading order. Namesakes are narrowed by the text, then by `options.region`. */
  findPlaces: FindPlaces
  /** Codes of a place by its full or short name, e.g. 北碚, 北碚区, 石柱; empty where it is unknown. */
  findCodes(name: string): string[]
}

/** Builds the place tree and the finder from the shipped list; call it once. */
export function loadPlaces(): Places {
  const file = readPlaceFile()
  const tree = buildPlaceTree(file)
  return { ...tree, ...buildPlaceFinder(tree, file) }
}
