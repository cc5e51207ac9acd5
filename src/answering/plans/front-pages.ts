import type { Published } from '../../knowledge/item.ts'
import type { PlanUnit } from '../../knowledge/plan.ts'
import type { PlanEntry, PlanIndex } from './plan-index.ts'
import { isNumbered } from './plan-scope.ts'
import type { FrontMatter, PlanQuestion } from './read-plan-question.ts'

const PARTS: Record<FrontMatter, RegExp> = {
  number: /〔\d{4}〕\d+号/u,
  date: /\d{4}年\d{1,2}月\d{1,2}日/u,
  meeting: /会[^。]{0,6}(?:审议|通过|同意)|审议/u,
  issuer: /\d{4}年\d{1,2}月\d{1,2}日/u,
}
/** A title that shares less than this with the question is not the one asked about. */
const LEAST_TITLE = 0.25

/**
 * What stands before the first heading and answers a question about the document itself (文号, 印发日期, 审议会议),
 * as one unit. `absent`: the document is known, but its front pages do not say it. Undefined: not that kind of question.
 */
export function findFrontPages(
  question: PlanQuestion,
  index: PlanIndex,
  titleShare: (slug: string) => number,
  allowed: (entry: PlanEntry) => boolean,
): { plan: Published<'plan'>; unit: PlanUnit } | 'absent' | undefined {
  if (question.front.length === 0) return undefined
  const numbered = question.documentNumbers.length > 0
  const [best, second] = [...index.titles.keys()]
    .map((slug) => {
      const own = index.entries.filter(({ plan }) => plan.slug === slug)
      const isAsked = question.documentNumbers.some((asked) => own.some(({ plan }) => isNumbered(plan, asked)))
      return { own, isAsked, share: numbered ? Number(isAsked) : titleShare(slug) }
    })
    .filter(({ own, isAsked }) => isAsked || own.some((entry) => entry.kind === 'front' && allowed(entry)))
    .sort((a, b) => b.share - a.share)
  if (!best || best.share < LEAST_TITLE || best.share === second?.share) return numbered ? 'absent' : undefined
  const parts = best.own.filter(
    ({ kind, text }) => kind === 'front' && question.front.some((asked) => PARTS[asked].test(text)),
  )
  const [first] = parts
  if (!first || !question.front.every((asked) => parts.some(({ text }) => PARTS[asked].test(text)))) return 'absent'
  const places = parts.map(({ unit }) => /第(\d+)段/u.exec(unit.locator)?.[1]).filter((place) => place !== undefined)
  return {
    plan: first.plan,
    unit: {
      ...first.unit,
      text: parts.map(({ unit }) => unit.text).join('\n'),
      locator: places.length === parts.length ? `文首第${places.join('、')}段` : first.unit.locator,
    },
  }
}
