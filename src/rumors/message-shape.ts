import { asksHow } from './claim-shape.ts'
import { isQuestion } from './polarity.ts'

/** What kind of message a text is by its own words, whatever it is about. */
export interface MessageShape {
  /** Asks whether something is so. */
  asks: boolean
  /** Asks how to act, where, when. */
  asksHow: boolean
  /** Asks for help or a choice in one's own case. */
  seeks: boolean
  /** Passed on from others, or calls to pass it on. */
  hearsay: boolean
  /** Says that something is refuted. */
  refutes: boolean
  /** An agency speaking in its own name. */
  official: boolean
  /** A drill or an exercise. */
  drill: boolean
  /** Something over: put out, reopened, resumed. */
  over: boolean
  /** Good advice by its form: how many of its marks. */
  advice: number
}

const HEARSAY =
  /网传|听说|听到说|听人说|听我|据说|有人说|都说|他们说|群里|群头|朋友圈|抖音|视频|转发|转给|转起|快转|扩散|通知[!:]|内部消息|可靠消息|刚接到|刚收到|收到通知|接到通知|真的吗|真的假的|真的不|是真是假|真假|是不是真|有没有这回事|有没得这回事|这回事|有这事|这个说法|可信吗|靠谱吗|求证|看完删|宁可信|震惊|突发!|紧急!|重磅|速看|快看|必看|必存|收藏|亲测|秘方|偏方|绝招|神器|摆的|(?:婆婆|嬢嬢|孃孃|老汉儿?|老人|老辈子|邻居|隔壁|同事|朋友|亲戚|舅舅|表哥|老师|专家|教授|老板儿?)\S{0,6}(?:说|讲|摆|教|喊)/
const REFUTES =
  /谣言|(?<![求请]|有没有|怎么不|出来)辟谣|不实|假消息|假新闻|虚假|造谣|系谣|官方回应|澄清|假的(?!吗|哦|嘛|啊|吧|不)|(?<!有)(?:没有|没得|没|莫得)[这那](?:个|种)?(?:回)?事(?![吗嘛哦没?])|没那么(?:吓人|可怕|严重)|(?<!是)不是真的(?!吗|嘛)|瞎传|乱传|瞎说|哪有|莫信|别信|不要信|莫听|莫喊|老(?:视频|照片|图)|旧(?:视频|闻|图|消息)|早就是|(?:ai|人工)\S{0,2}(?:合成|生成|拼|做)的|(?:是|都是)(?:瞎?编|p)的|别处|外地的?视频|(?:那|这)(?:是|个视频是|个是)\S{0,8}(?:视频|图|照片)|没(?:有)?(?:依据|根据)/
/** With the day, or opening the text as its sender. */
const OFFICIAL =
  /(?:(?:气象局|气象台|教委|教育局|供电公司|供电局|水务\S{0,4}|自来水公司|燃气公司|应急管理局|应急局|人民政府|指挥部|学校|物业|街道办事?处?|居委会|社区)\S{0,3}(?:\d{4}年)?\d{1,2}月\d{1,2}[日号](?:\d{1,2}(?:时|点|:)\d{0,2}分?)?(?:发布|继续发布|升级发布|通知|公告|启动|$))|^\S{0,16}(?:局|台|委|委员会|公司|集团|总队|支队|中心|指挥部|管委会|街道|学校|物业|社区|防汛办|景区)(?:\d{1,2}月\d{1,2}[日号])?(?:公告|通告|通报|提示|通知)?:|(?:客服|热线|咨询电话|详询)\S{0,4}\d{3,}/
const DRILL = /演练|演习|拉练|模拟|试鸣/
const OVER =
  /已经?(?:扑灭|熄灭|灭了|解除|解封|结束|通车|恢复|退了|控制住?|排除|修好|清理完)|恢复(?:通车|供|正常|通行|营业|开放|发电)|正常(?:营业|开放|运行|发电|上课|通行|供应)|火(?:已经?)?(?:扑灭|灭了)|解封|复课|水已经?退|照常/
const ADVICE =
  /千万(?:别|不要|莫|不能|不可)|切(?:忌|勿|莫)|严禁|禁止|正确(?:的)?(?:做法|方法|处理)|应该|应当|要先|先\S{1,12}再|才(?:对|行|能|可以|安全|放心|是)|反而|越\S{1,4}越(?:危险|严重|糟|坏|伤)|没得?用|没有用|没用|防不了|救不了|治不了|挡不住|代替不了|不能代替|不等于|不代表|不靠谱|不科学|没(?:有)?依据|没得?关系|无关|耽误|认准|及时|就医|(?:打|拨打?)1[12][09]|求助|请(?:医生|专业)|遵医嘱|医生(?:说|讲|提醒|判断)|以(?:官方|通知)|莫|不要|不能|不宜|避免/g

const SEEKS =
  /怎么(?!可能|没|都|会|又|还|这么|那么)|啷个(?!没|会|都|又|还)|咋个?(?!没|会|都|又|还)|如何|要不要(?:去|住院|打|查|拍|照|看|隔|做|紧|得到|赔|挑|先|再|穿|停)|需要\S{1,8}[吗不]|要注意|注意(?:些)?(?:啥|什么|哪)|哪(?:个医院|家|些|种|里有)|好多(?:钱|盖|度|合适)|多少钱|好久(?:可以|才|能)|多久|几天|合适[吗不哦]?$|有没得推荐|敢不敢|保险点|找哪|还是\S{1,8}好/

/** Takes folded text. */
export function readShape(folded: string): MessageShape {
  return {
    asks: isQuestion(folded),
    asksHow: asksHow(folded),
    seeks: SEEKS.test(folded),
    hearsay: HEARSAY.test(folded),
    refutes: REFUTES.test(folded),
    official: OFFICIAL.test(folded),
    drill: DRILL.test(folded),
    over: OVER.test(folded),
    advice: new Set(folded.match(ADVICE)).size,
  }
}
