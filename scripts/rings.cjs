// The rings of src/: code may import from its own ring's folder and from rings further in, never outwards.
const RINGS = [
  ['base'],
  ['store', 'config', 'http', 'channels/[^/]+[.]ts', 'models/[^/]+[.]ts'],
  ['places', 'people', 'audit', 'knowledge'],
  ['retrieval(?!/engines)', 'delivery'],
  ['rumors', 'broadcast'],
  ['answering', 'orders'],
  ['chat'],
  ['channels/[^/]+/', 'models/[^/]+/', 'retrieval/engines', 'console'],
  ['app[.]ts'],
  ['cli', 'main[.]ts'],
]

// A folder stands for everything below it; an entry that already names files or ends in a slash is taken as it is.
const pattern = (names) => `^src/(${names.map((name) => (/(ts|[/])$/.test(name) ? name : `${name}/`)).join('|')})`

const outward = RINGS.slice(0, -1).map((ring, depth) => ({
  name: `ring-${depth}-imports-outwards`,
  severity: 'error',
  from: { path: pattern(ring) },
  to: { path: pattern(RINGS.slice(depth + 1).flat()) },
}))

const EDGE = '^src/(channels/[^/]+|models/[^/]+|retrieval/engines|console)/'
/** Packages that one folder only may import. */
const OWNED = {
  'src/store/': '@electric-sql/pglite|pg|drizzle-orm/(pglite|node-postgres)',
  'src/channels/telegram/': 'grammy|@grammyjs',
  'src/channels/wechaty/': 'wechaty',
  'src/models/': 'openai|langchain|@langchain',
  'src/retrieval/engines/': '@qdrant',
}

module.exports = {
  forbidden: [
    ...outward,
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: EDGE },
      to: { path: EDGE, pathNot: '^src/$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-folder-cycles',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'src-imports-src-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    ...Object.entries(OWNED).map(([folder, packages]) => ({
      name: `sdk-only-in-${folder.replaceAll('/', '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^${folder}` },
      to: { path: `node_modules/(${packages})(/|$)` },
    })),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default', 'types'],
    },
  },
}
