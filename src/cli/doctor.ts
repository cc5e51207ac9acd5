import { existsSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { maskConfig, type Config } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { readSeeds } from '../knowledge/read-seeds.ts'
import { describeProblem } from '../knowledge/seed-file.ts'
import { readSecretKey, requireSameKey } from '../people/secret-key.ts'
import { openStore } from '../store/open-store.ts'
import { callRunning } from './client.ts'
import { readConfig } from './run.ts'

interface Finding {
  state: 'ok' | 'off' | 'problem'
  what: string
  /** How to mend or to get it. */
  how?: string
}

/** Looks at everything that can be wrong on this machine; exit code 1 when something is. */
export async function runDoctor(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const config = readConfig()
  const findings = [
    checkNode(),
    checkMemory(),
    await checkStore(config),
    await checkSeeds(config),
    checkDisk(config),
    ...checkSettings(config),
    ...checkChannels(config),
  ]
  if (values.json) console.log(JSON.stringify({ config: maskConfig(config), findings }, null, 2))
  else {
    console.log(`已设置：${Object.keys(readEnvironment()).join('、') || '无，全部用默认值'}`)
    for (const { state, what, how } of findings) {
      console.log(
        `${{ ok: '正常', off: '未开', problem: '问题' }[state]}  ${what}${how === undefined ? '' : `\n      ${how}`}`,
      )
    }
  }
  return findings.some(({ state }) => state === 'problem') ? 1 : 0
}

function checkNode(): Finding {
  return { state: 'ok', what: `Node ${process.versions.node}，${process.platform} ${process.arch}` }
}

function checkMemory(): Finding {
  const free = Math.round(freemem() / 2 ** 20)
  return free >= 1_200
    ? { state: 'ok', what: `空闲内存 ${free} MB` }
    : { state: 'problem', what: `空闲内存只有 ${free} MB`, how: '第一次启动要约 1.2 GB，之后约 450 MB。' }
}

async function checkStore({ store, log }: Config): Promise<Finding> {
  const kind = store.databaseUrl === null ? `内置存储，目录 ${store.dataDir}` : 'Postgres（DATABASE_URL）'
  try {
    const running = await callRunning(store.dataDir, '/control/status', undefined)
    if (running) return { state: 'ok', what: `${kind}；服务正在运行：${JSON.stringify(running.result)}` }
    if (store.databaseUrl === null && !existsSync(store.dataDir))
      return { state: 'ok', what: `${kind}；第一次启动时建立` }
    const opened = await openStore(store, { log: createLog(log.level === 'warn' ? 'silent' : log.level) })
    try {
      await opened.ping()
      if (existsSync(join(store.dataDir, 'secret.key'))) await requireSameKey(opened.db, readSecretKey(store.dataDir))
    } finally {
      await opened.close()
    }
    return { state: 'ok', what: `${kind}；能打开` }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return {
      state: 'problem',
      what: `${kind}；打不开：${error.message}`,
      how:
        error.code === 'wrong-key-file'
          ? '聊天通道会停着，网页照常。把另外保管的 secret.key 放回 DATA_DIR。'
          : '修好之前服务只答紧急避险和热线；可用 restore 从备份恢复。',
    }
  }
}

async function checkSeeds({ content }: Config): Promise<Finding> {
  const { items, problems } = await readSeeds(content.seedsDir)
  if (problems.length === 0) return { state: 'ok', what: `内容文件 ${items.length} 条，全部可读` }
  return {
    state: 'problem',
    what: `内容文件有 ${problems.length} 处问题`,
    how: problems.map(describeProblem).join('\n      '),
  }
}

function checkDisk({ store }: Config): Finding {
  const folder = existsSync(store.dataDir) ? store.dataDir : '.'
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.round((bavail * bsize) / 2 ** 20)
  return free >= 1_000
    ? { state: 'ok', what: `磁盘空闲 ${free} MB` }
    : { state: 'problem', what: `磁盘只剩 ${free} MB`, how: '请清理到 1 GB 以上，写不进去时新的提问记不下来。' }
}

function checkSettings(config: Config): Finding[] {
  const exposed = config.http.host !== '127.0.0.1' && config.http.host !== 'localhost' && config.http.host !== '::1'
  return [
    config.operator
      ? { state: 'ok', what: `运行单位：${config.operator.name}` }
      : { state: 'off', what: '页面没有写运行单位', how: '设置 OPERATOR_NAME（和 OPERATOR_CONTACT）。' },
    exposed && config.http.publicUrl === null && config.http.allowedHosts === null
      ? {
          state: 'problem',
          what: `对外开放（HOST=${config.http.host}），但没有限定域名`,
          how: '设置 PUBLIC_URL 或 ALLOWED_HOSTS。',
        }
      : { state: 'ok', what: exposed ? '对外开放，已限定域名' : '只对本机开放（HOST=127.0.0.1）' },
    config.http.rateLimits
      ? { state: 'ok', what: '限速已开' }
      : { state: 'problem', what: '限速关着', how: '只有在本机测速时才用 RATE_LIMITS=off。' },
    config.metrics
      ? { state: 'ok', what: '/metrics 已开，需要口令' }
      : { state: 'off', what: '/metrics 没开', how: '设置 METRICS_TOKEN（至少 16 个字符）。' },
    config.content.requireReview === 'expert-approved'
      ? { state: 'ok', what: '只用专家复核过的内容（紧急避险除外）' }
      : { state: 'ok', what: '依据来源核对过的内容也会回答，并注明尚待专家复核' },
  ]
}

function checkChannels({ channels, http }: Config): Finding[] {
  const { telegram, wechaty, wecomBot, wecomRobots, wecomApp, wecomMass } = channels
  const set = [
    telegram && `Telegram（${telegram.webhook ? `由平台推送到 ${telegram.webhook.url}` : '长轮询'}）`,
    wecomBot && '企业微信智能机器人',
    wecomRobots.length > 0 && `企业微信群机器人 ${wecomRobots.length} 个（只发不收）`,
    wecomApp && '企业微信应用消息（只发不收）',
    wecomMass && '企业微信群发（要成员点确认）',
  ].filter((name) => typeof name === 'string')
  const findings: Finding[] =
    set.length > 0
      ? [{ state: 'ok', what: `通道：${set.join('、')}。连没连上看服务运行时的状态` }]
      : [{ state: 'off', what: '没有接聊天平台，只有网页和命令行', how: '见 README 的 Channels 一节。' }]
  if (wechaty) {
    findings.push({
      state: 'ok',
      what: `微信个人号：${wechaty.puppet}。不是官方接口，账号可能被封，不要当唯一的预警通道`,
    })
  }
  if (telegram && !telegram.webhook && http.publicUrl !== null) {
    findings.push({ state: 'off', what: 'Telegram 用的是长轮询', how: '要平台推送，就设置 TELEGRAM_WEBHOOK_SECRET。' })
  }
  return findings
}
