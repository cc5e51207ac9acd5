import { parseArgs } from 'node:util'
import { localDate, systemClock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { readSeeds } from '../knowledge/read-seeds.ts'
import { reportContent, type ContentReport } from '../knowledge/report-content.ts'
import { describeProblem } from '../knowledge/seed-file.ts'
import { readConfig } from './run.ts'

const KIND_WORDS: Record<string, string> = {
  card: '科普卡片',
  'life-threat': '紧急避险',
  rebuttal: '辟谣',
  plan: '政策文本',
  hotline: '热线',
  'calendar-day': '宣传日',
  'quiz-question': '竞答题',
}
const DAY_MS = 86_400_000

/** `content report`: what the seed files cover and what an editor has to do next. */
export async function runContent(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, days: { type: 'string', default: '90' } },
  })
  const days = Number(values.days)
  if (positionals.length !== 1 || positionals[0] !== 'report') throw new AppError('bad-usage', 'content report')
  if (!Number.isInteger(days) || days < 0) throw new AppError('bad-usage', '--days is a number of days')
  const { content, place } = readConfig()
  const { items, problems } = await readSeeds(content.seedsDir)
  const until = localDate(new Date(systemClock.now().getTime() + days * DAY_MS), place.timeZone)
  const report = reportContent(items, until)
  if (values.json) console.log(JSON.stringify(report, null, 2))
  else printReport(report, days)
  for (const problem of problems) console.error(`没有计入：${describeProblem(problem)}`)
  return problems.length === 0 ? 0 : 1
}

function printReport(report: ContentReport, days: number): void {
  for (const { kind, published, drafts } of report.counts)
    console.log(`${KIND_WORDS[kind] ?? kind}：已发布 ${published}，草稿 ${drafts}`)
  console.log(`来源：一手官方 ${report.sources.A}，官方副本 ${report.sources.B}，媒体 ${report.sources.C}`)
  console.log(`分众：${report.audiences.map(({ audience, cards, of }) => `${audience} ${cards}/${of}`).join('，')}`)
  console.log('\n主题（分众；紧急避险；辟谣；来源 A/B/C）')
  for (const { topic, title, audiences, lifeThreat, rebuttals, sources } of report.topics) {
    console.log(
      `  ${topic}  ${title}（${audiences.join('、')}；${lifeThreat ? '有' : '无'}；${rebuttals}；${sources.A}/${sources.B}/${sources.C}）`,
    )
  }
  const medical = report.awaitingExpert.filter((item) => item.medical)
  console.log(`\n等专家复核：${report.awaitingExpert.length} 条，其中医学 ${medical.length} 条`)
  for (const { kind, slug } of medical) console.log(`  ${KIND_WORDS[kind] ?? kind} ${slug}`)
  console.log(`\n${days} 天内到期：${report.expiring.length} 条`)
  for (const { kind, slug, validUntil } of report.expiring)
    console.log(`  ${validUntil}  ${KIND_WORDS[kind] ?? kind} ${slug}`)
  console.log(`\n草稿缺什么：${report.drafts.length} 条`)
  for (const { kind, slug, missing } of report.drafts) console.log(`  ${KIND_WORDS[kind] ?? kind} ${slug}：${missing}`)
}
