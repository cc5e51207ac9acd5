import type { KnowledgeSnapshot } from '../../knowledge/knowledge-base.ts'
import type { Places } from '../../places/places.ts'
import type { SearchIndex } from '../../retrieval/search-index.ts'
import type { Question } from '../answer.ts'
import { findTerm, type TermList } from '../term-list.ts'
import { matchPlan, type PlanMatch } from './match-plan.ts'
import { indexPlans } from './plan-index.ts'
import { listPlanRegions } from './plan-scope.ts'
import { readPlanQuestion } from './read-plan-question.ts'

/** What finding a plan text works with. */
export interface PlanParts {
  knowledge: KnowledgeSnapshot
  index: SearchIndex
  planTerms: TermList
  places: Pick<Places, 'findPlaces' | 'isWithin'>
  regionsOf(code: string | undefined): string[]
  today: string
}

const LIMIT = 10

/** The unit of a published plan text that answers the question; undefined where none does. */
export async function findPlan(
  { text, region }: Pick<Question, 'text' | 'region'>,
  { knowledge, index, planTerms, places, regionsOf, today }: PlanParts,
): Promise<PlanMatch | undefined> {
  const plans = knowledge.items.plan
  if (plans.size === 0) return undefined
  const { isWithin } = places
  const named = places.findPlaces(text, region === undefined ? {} : { region })
  const question = readPlanQuestion(text, named, today)
  const regions = listPlanRegions(question, { region, own: regionsOf(region) }, plans, { isWithin })
  const hits = await index.search({ text, kinds: ['plan'], regions, on: today, limit: LIMIT })
  const policyTerm = findTerm(text, planTerms)
  return matchPlan(question, hits, indexPlans(plans), { regions, places: { isWithin }, policyTerm })
}
