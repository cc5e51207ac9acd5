import { countSigns } from '../base/signs.ts'
import type { Card } from '../knowledge/card.ts'
import type { Audience } from '../knowledge/fields.ts'
import type { Published } from '../knowledge/item.ts'
import type { KnowledgeSnapshot } from '../knowledge/knowledge-base.ts'
import type { Places } from '../places/places.ts'
import { quoteSentence } from '../knowledge/quote-plan.ts'
import { acceptHit } from '../retrieval/acceptance.ts'
import type { DocumentKind, Reason, SearchHit, SearchIndex } from '../retrieval/search-index.ts'
import { isClaimShaped, type ClaimMatch } from '../rumors/match-claim.ts'
import { citeSource, type Answer, type Choice, type Conversation, type DeclineCause, type Question } from './answer.ts'
import { pickChoice } from './choose.ts'
import { renderDecline } from './decline.ts'
import { findAudience, readFollowUp } from './follow-up.ts'
import { decideDanger, shareOfDanger, type DangerDecision, type DangerParts } from './decide-danger.ts'
import { findPlan } from './plans/find-plan.ts'
import type { PlanMatch } from './plans/match-plan.ts'
import {
  PRIVATE_SIGNS,
  renderCard,
  renderChoices,
  renderLifeThreat,
  renderPlan,
  renderRebuttal,
  renderUrgency,
  type Rendered,
} from './render.ts'
import { findTerm, type TermList } from './term-list.ts'
import { isForeignLanguage, recognizeSmallTalk } from './small-talk.ts'
import { chooseCard, type CardChoice, type CardScope } from './topics/choose-card.ts'
import { findNearestLine } from './topics/nearest-line.ts'
import { recognizeTopics, type TopicGuess } from './topics/recognize-topics.ts'

/** What answering works with at one moment. */
export interface AnsweringParts {
  knowledge: KnowledgeSnapshot
  index: SearchIndex
  danger: DangerParts
  /** Brings dialect and synonyms to one form. */
  normalize: (text: string) => string
  fieldTerms: TermList
  planTerms: TermList
  places: Places
  /** Matches a message against the published rebuttals. */
  matchRumor(message: string, hits: SearchHit[]): ClaimMatch
  /** Regions whose own texts may answer: the asker's place and everything above it. */
  regionsOf(code: string | undefined): string[]
  /** The day of asking, `YYYY-MM-DD`. */
  today: string
}

/** A rebuttal that was not asked for as a claim has to beat the card by this much. */
const REBUTTAL_OVER_CARD = 0.1
/** A plan text has to beat an accepted card by this much. */
const PLAN_OVER_CARD = 0.12
/** What a card weighs against other modes when only its topic is sure. */
const TOPIC_ALONE = 0.3
const MAX_CHOICES = 3
/** From this share of a topic on a question is about it, whatever else its words might be found in. */
const SURE_TOPIC = 0.85
/** Whatever is accepted stands among the first; comparing claims is the costly part of an answer. */
const MAX_HITS = 4
const NONE_OF_THESE: Choice = { label: '都不是，我换个说法', kind: 'none', slug: '' }

/**
 * Tries the modes in the order of the domain rules: life threat, rumor, card, plan text, a question back, refusal.
 * Pure but for the index: the same question on the same parts gets the same answer.
 */
export async function answerQuestion(question: Question, parts: AnsweringParts): Promise<Answer> {
  return answerLifeThreat(question, parts) ?? answerWithoutDanger(question, parts)
}

/** The modes after the first, for a caller that has asked for a life threat already. */
export async function answerWithoutDanger(question: Question, parts: AnsweringParts): Promise<Answer> {
  return (
    answerChoice(question, parts) ??
    answerSmallTalk(question) ??
    (parts.knowledge.complete
      ? await answerFromKnowledge(question, parts)
      : decline('degraded', [{ code: 'degraded', text: '存储打不开，只查紧急避险' }], question.conversation))
  )
}

/** 「我屋头也是这样」 makes what is quoted the asker's own. */
const SAME_HERE =
  /(我|屋头|家里|这边|这里|楼下|隔壁).{0,6}(也是|也|就是|正是)(这样|这个样|一样|这种|恁个|真个|如此)|现在就是这样/u

/** From this share of a topic its card stands in for a danger that has no text of its own. */
const CARD_IN_DANGER = 0.5
/** A danger that neither a text nor a card is about gets the numbers from this share on. */
const SURE_DANGER = 0.7

/**
 * Only what the asker says counts as danger now: a forwarded message may tell of somebody else's. Where no text is about
 * this kind of danger, the number goes before the card that is, or stands alone.
 */
export function answerLifeThreat(question: Question, parts: AnsweringParts): Answer | undefined {
  const { text, quote } = question
  const said = quote !== undefined && SAME_HERE.test(text) ? `${text}\n${quote}` : text
  const danger = decideDanger(said, parts.danger)
  if (!danger || isOurOwn(text, parts.knowledge)) return undefined
  const threat = danger.topic === undefined ? undefined : parts.knowledge.items['life-threat'].get(danger.topic)
  return threat ? giveLifeThreat(threat, danger, question, parts) : answerOtherDanger(said, danger, question, parts)
}

/** A choice that was tapped comes back in our own words: they tell of no danger. */
function isOurOwn(text: string, { items }: KnowledgeSnapshot): boolean {
  let known = ownWords.get(items)
  if (!known) {
    known = new Set()
    for (const { content } of items.card.values()) known.add(content.title)
    for (const { content } of items.rebuttal.values()) known.add(content.claim)
    ownWords.set(items, known)
  }
  return known.has(text.trim())
}

const ownWords = new WeakMap<KnowledgeSnapshot['items'], Set<string>>()

function giveLifeThreat(
  threat: Published<'life-threat'>,
  danger: DangerDecision,
  question: Question,
  { knowledge }: AnsweringParts,
): Answer {
  const { content } = threat
  const rendered = renderLifeThreat(threat, question.audience)
  const english = isForeignLanguage(question.text) ? { text: content.english, group: content.english } : undefined
  return {
    outcome: 'life-threat',
    ...(english ?? rendered),
    topic: content.topic,
    number: threat.number,
    call: { number: content.numbers[0] ?? '', label: content.callLabel },
    citations: content.sources.map(citeSource),
    confidence: danger.share,
    reasons: danger.reasons,
    conversation: { card: knowledge.items.card.has(content.topic) ? content.topic : undefined },
  }
}

function answerOtherDanger(
  said: string,
  danger: DangerDecision,
  question: Question,
  parts: AnsweringParts,
): Answer | undefined {
  const guesses = recognizeTopics(said, parts.danger.topics)
  const choice = chooseCard([], guesses, cardScope(question, parts))
  if (choice.outcome === 'answer' && choice.confidence >= CARD_IN_DANGER) {
    const threat = parts.knowledge.items['life-threat'].get(choice.card.content.topic)
    if (threat) return giveLifeThreat(threat, danger, question, parts)
    const reasons = [...danger.reasons, ...choice.reasons]
    // The words name whom it happens to, not who reads.
    return giveCard(choice.card, question.audience, choice.confidence, reasons, renderUrgency(choice.card.content))
  }
  return danger.share >= SURE_DANGER ? decline('danger-unclear', danger.reasons, {}) : undefined
}

function answerChoice(question: Question, parts: AnsweringParts): Answer | undefined {
  const { card, choices } = question.conversation
  const choice = choices && pickChoice(question.text, choices)
  if (!choice) return undefined
  const answer = answerChosen(choice, question.audience, parts)
  if (choice.kind === 'none') return answer && { ...answer, conversation: { card, clarified: true } }
  // The set stays open: whoever tapped the wrong one picks again.
  return answer && { ...answer, conversation: { ...answer.conversation, choices } }
}

/** What a choice leads to; undefined when it is not published any more. */
export function answerChosen(choice: Choice, audience: Audience, { knowledge }: AnsweringParts): Answer | undefined {
  const reasons = [{ code: 'chosen', text: `选了“${choice.label}”` }]
  if (choice.kind === 'none') return decline('none-of-these', reasons, { clarified: true })
  if (choice.kind === 'card') {
    const card = knowledge.items.card.get(choice.slug)
    return card && giveCard(card, audience, 1, reasons)
  }
  const rebuttal = knowledge.items.rebuttal.get(choice.slug)
  return rebuttal && giveRebuttal(rebuttal, audience, 1, reasons)
}

function answerSmallTalk(question: Question): Answer | undefined {
  const quoted = question.quote !== undefined && question.quote.trim() !== ''
  if (quoted) return undefined
  const cause = recognizeSmallTalk(question.text) ?? (isForeignLanguage(question.text) ? 'foreign-language' : undefined)
  return cause && decline(cause, [{ code: cause, text: '没有要查的问题' }], question.conversation)
}

async function answerFromKnowledge(question: Question, parts: AnsweringParts): Promise<Answer> {
  const followed = await answerFollowUp(question, parts)
  if (followed) return followed
  const message = question.quote === undefined || question.quote.trim() === '' ? question.text : question.quote
  const guesses = recognizeTopics(question.text, parts.danger.topics)
  const [rumors, cards, plan] = await Promise.all([
    search('rebuttal', message, question, parts),
    search('card', question.text, question, parts),
    mayBePolicy(question.text, guesses, parts) ? findPlan(question, parts) : undefined,
  ])
  const rumor = parts.matchRumor(message, rumors)
  const card = chooseCard(cards, guesses, cardScope(question, parts))
  const certainty = card.outcome === 'answer' ? (card.sameQuestion ? card.confidence : TOPIC_ALONE) : undefined
  const claimShaped = message !== question.text || isClaimShaped(message)
  const rebuttalWins =
    rumor.outcome === 'matched' &&
    (claimShaped || certainty === undefined || (rumor.best?.confidence ?? 0) >= certainty + REBUTTAL_OVER_CARD)
  if (rebuttalWins && rumor.best) {
    const rebuttal = parts.knowledge.items.rebuttal.get(rumor.best.id)
    if (rebuttal) return giveRebuttal(rebuttal, question.audience, rumor.best.confidence, rumor.reasons)
  }
  if (plan && (certainty === undefined || plan.confidence >= certainty + PLAN_OVER_CARD)) {
    return givePlan(plan, parts.today)
  }
  if (card.outcome === 'answer') {
    const met = card.sameQuestion ? undefined : meetQuestion(question.text, card.card.content, parts)
    return giveCard(card.card, audienceOf(question), card.confidence, card.reasons, met)
  }
  if (!question.conversation.clarified) {
    const choices = offerChoices(rumor, claimShaped, card)
    if (choices) return choices
  }
  return refuse(question, message, rumor.reasons, card, parts)
}

/** A question that is as good as certainly about a topic is looked up in the plan texts only if it names policy. */
function mayBePolicy(text: string, guesses: readonly TopicGuess[], { planTerms }: AnsweringParts): boolean {
  return (guesses[0]?.confidence ?? 0) < SURE_TOPIC || findTerm(text, planTerms) !== undefined
}

function cardScope(question: Question, { knowledge, regionsOf, today, danger }: AnsweringParts): CardScope {
  const knowsTopic = (topic: string) => danger.topics.classes.includes(topic)
  return { knowledge, regions: regionsOf(question.region), today, knowsTopic }
}

/** 「那老人呢?」: the card of the answer before, for another audience or with a further question about it. */
async function answerFollowUp(question: Question, parts: AnsweringParts): Promise<Answer | undefined> {
  const previous =
    question.conversation.card === undefined ? undefined : parts.knowledge.items.card.get(question.conversation.card)
  const followUp = previous && readFollowUp(question.text)
  if (!previous || !followUp) return undefined
  const reasons = [{ code: 'follow-up', text: `接着上一个问题“${previous.content.title}”` }]
  if (followUp.rest === '' && followUp.audience !== undefined) {
    return giveCard(previous, followUp.audience, 1, reasons)
  }
  const hits = await search('card', question.text, question, parts)
  const alone = chooseCard(hits, recognizeTopics(question.text, parts.danger.topics), cardScope(question, parts))
  if (alone.outcome === 'answer') return undefined
  const joined = takeAccepted(await search('card', `${previous.content.title} ${followUp.rest}`, question, parts))
  const card = joined && parts.knowledge.items.card.get(slugOf(joined))
  return (
    card && giveCard(card, followUp.audience ?? question.audience, joined.confidence, [...reasons, ...joined.reasons])
  )
}

function search(
  kind: DocumentKind,
  text: string,
  question: Question,
  { index, regionsOf, today }: AnsweringParts,
): Promise<SearchHit[]> {
  return index.search({ text, kinds: [kind], regions: regionsOf(question.region), on: today, limit: MAX_HITS })
}

function takeAccepted([best, runnerUp]: SearchHit[]): SearchHit | undefined {
  return best && acceptHit(best, runnerUp) === 'answer' ? best : undefined
}

/** Document ids are `kind:slug`, for plan units `plan:unit`. */
function slugOf(hit: SearchHit): string {
  return hit.id.slice(hit.id.indexOf(':') + 1)
}

function audienceOf(question: Question): Audience {
  return question.audience === 'resident' ? (findAudience(question.text) ?? 'resident') : question.audience
}

/** `first`: what goes before the card's standard text. */
function giveCard(
  card: Published<'card'>,
  audience: Audience,
  confidence: number,
  reasons: Reason[],
  first?: Partial<Rendered>,
): Answer {
  const { content } = card
  return {
    outcome: 'card',
    ...renderCard(card, audience, first),
    topic: content.topic,
    card: { id: card.slug, number: card.number, topic: content.topic, title: content.title, version: card.version },
    citations: content.sources.map(citeSource),
    confidence,
    reasons,
    conversation: { card: card.slug },
  }
}

/** The standard text may leave out what was asked: the card's nearest line then goes before it. */
function meetQuestion(question: string, card: Card, { normalize }: AnsweringParts): Partial<Rendered> {
  const { lead, steps, note } = card.private
  const line = findNearestLine(question, card, normalize, [lead, ...steps, ...(note === undefined ? [] : [note])])
  return line === undefined ? {} : { text: `【您问的】${line}` }
}

function giveRebuttal(
  rebuttal: Published<'rebuttal'>,
  audience: Audience,
  confidence: number,
  reasons: Reason[],
): Answer {
  const { content } = rebuttal
  return {
    outcome: 'rebuttal',
    ...renderRebuttal(rebuttal, audience),
    topic: content.topic,
    rebuttal: { id: rebuttal.slug, number: rebuttal.number, claim: content.claim, verdict: content.verdict },
    citations: content.sources.map(citeSource),
    confidence,
    reasons,
    conversation: {},
  }
}

function givePlan(match: PlanMatch, today: string): Answer {
  const { plan, unit } = match
  const { content } = plan
  const frame = countSigns(renderPlan(plan, unit, { text: '', group: undefined }, today).text)
  const maxSigns = PRIVATE_SIGNS - frame
  const words = quoteSentence(unit, match.question, { wanted: match.wanted, maxSigns })
  const quote = match.isList ? { ...words, group: undefined } : words
  return {
    outcome: 'plan',
    ...renderPlan(plan, unit, quote, today),
    plan: { document: content.title, number: content.number, section: [...unit.path, unit.locator].join(' › ') },
    citations: [{ title: content.title, issuer: content.issuer, date: content.date, locator: unit.locator }],
    confidence: match.confidence,
    reasons: match.reasons,
    conversation: {},
  }
}

/** Two or three close topics, or claims that a slot keeps apart; undefined when nothing is close enough to ask. */
function offerChoices(rumor: ClaimMatch, claimShaped: boolean, card: CardChoice): Answer | undefined {
  const claims: Choice[] = (rumor.outcome === 'ask' && claimShaped ? rumor.candidates : [])
    .slice(0, MAX_CHOICES)
    .map(({ id, claim }) => ({ label: claim, kind: 'rebuttal', slug: id }))
  const close = card.outcome === 'ask' ? card.cards : []
  const topics: Choice[] = close.map(({ slug, content }) => ({ label: content.title, kind: 'card', slug }))
  const offered = (claims.length > 0 ? claims : topics).slice(0, MAX_CHOICES)
  if (offered.length === 0) return undefined
  const choices = [...offered, NONE_OF_THESE]
  return {
    outcome: 'clarify',
    ...renderChoices(choices.map(({ label }) => label)),
    citations: [],
    choices,
    confidence: Math.max(card.outcome === 'ask' ? card.confidence : 0, rumor.candidates[0]?.confidence ?? 0),
    reasons: [{ code: 'close-call', text: '有几个相近的内容，分不清问的是哪一个' }, ...rumor.reasons],
    conversation: { choices, clarified: true },
  }
}

/** Somebody may be in danger that no text fits: the numbers come before everything else. */
const MAYBE_DANGER = 0.2

function refuse(
  question: Question,
  message: string,
  rumorReasons: Reason[],
  card: CardChoice,
  parts: AnsweringParts,
): Answer {
  const term = findTerm(`${question.text}\n${message}`, parts.fieldTerms)
  const outside = term === undefined && !(card.outcome === 'none' && card.topic)
  const reasons = [
    ...rumorReasons,
    outside
      ? { code: 'outside-field', text: '没有说到应急科普的事' }
      : { code: 'no-material', text: `说到“${term ?? '应急科普'}”，但没有够接近的审定内容` },
  ]
  const danger = shareOfDanger(question.text, parts.danger.model) >= MAYBE_DANGER
  const cause = danger ? 'danger-unclear' : outside ? 'outside-field' : 'no-material'
  return decline(cause, reasons, { card: question.conversation.card })
}

function decline(cause: DeclineCause, reasons: Reason[], conversation: Conversation): Answer {
  return { outcome: 'declined', ...renderDecline(cause), cause, citations: [], confidence: 0, reasons, conversation }
}
