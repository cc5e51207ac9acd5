import process from 'node:process'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `安晓需要 Node 24 或更新的版本，现在是 ${major}.${minor}。用 “npm start” 启动会自动用对版本。\n` +
      'Anxiao needs Node 24 or newer: start it with “npm start”, which brings its own.',
  )
  process.exit(1)
}

const { speedUpImports } = await import('./cli/speed-up-imports.ts')
speedUpImports()
const { run } = await import('./cli/run.ts')
await run()
