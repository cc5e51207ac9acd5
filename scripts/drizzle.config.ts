import { defineConfig } from 'drizzle-kit'

// npx drizzle-kit generate --config scripts/drizzle.config.ts --name <what-changes>
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/store/tables/*.ts',
  out: './src/store/migrations',
})
