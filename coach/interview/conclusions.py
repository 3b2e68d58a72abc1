"""What each interview comes to: the verdict on readiness, a plan for a habit; the others are kept and thanked for.

Whether an answer matters, and how much, is decided in ``coach/planning``; here it is put into words.
"""

from coach.interview.interview import Interview
from coach.interview.questions import Answers, Conclusion, Questionnaire
from coach.planning.guidance import ReadinessRules
from coach.planning.readiness import Verdict, decided_so_far, judge
from coach.session.phrases import Voice

ADVICE = "readiness_see_physiotherapist"
"""Given whatever else was decided; it comes last."""


def interview_on(questionnaire: Questionnaire, voice: Voice, rules: ReadinessRules) -> Interview:
    """Return an interview that comes to what its questions are for.

    Args:
        questionnaire: what to ask.
        voice: the words.
        rules: what the answers on readiness mean.
    """

    def decide(answers: Answers) -> Conclusion | None:
        verdict = decided_so_far(answers, rules)
        return conclusion_of(verdict, voice) if verdict else None

    def conclude(answers: Answers) -> Conclusion:
        return conclusion_of(judge(answers, rules), voice)

    def plan(answers: Answers) -> Conclusion:
        outcome = "planned" if answers.get("confirm") is True else "not_planned"
        return Conclusion(outcome, voice.say(f"habit_{outcome}"))

    def begin(answers: Answers) -> Conclusion:
        return Conclusion("left", voice.say("plan_left")) if answers.get("begin") == "no" else Conclusion("begin")

    match questionnaire.id:
        case "readiness":
            return Interview(questionnaire, voice, decide=decide, conclude=conclude)
        case "habit":
            return Interview(questionnaire, voice, conclude=plan)
        case "begin":
            return Interview(questionnaire, voice, conclude=begin)
        case _:
            return Interview(questionnaire, voice)


def conclusion_of(verdict: Verdict, voice: Voice) -> Conclusion:
    """Return a verdict in words: what follows, the reason that decided it, and whom to see."""
    first, last = verdict.reasons[0], verdict.reasons[-1]
    reasons = (first, last) if last != first and last.key == ADVICE else (first,)
    follows = () if verdict.outcome == "go" else voice.say(f"readiness_{verdict.outcome}")
    told = [sentence for reason in reasons for sentence in voice.say(reason.key, **dict(reason.fields))]
    return Conclusion(verdict.outcome, (*follows, *told))
