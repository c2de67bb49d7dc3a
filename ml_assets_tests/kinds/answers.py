"""An evaluation of prompts: a service answers questions, its answers are recorded, and what they score is counted."""

import datetime as dt
import zlib
from typing import Any, Literal

from pydantic import SecretStr

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Resource, Verdict

PROMPTS = {"plain": "Answer: {question}", "steps": "Think step by step, then answer: {question}"}
CALLS: list[str] = []


class Teller(Resource):
    """A service that answers; this one makes its answers up, and better ones where it is asked to think."""

    url: str = "https://teller.example"
    token: SecretStr = SecretStr("a-token-that-nobody-may-see")

    def ask(self, prompt: str) -> str:
        """What it answers."""
        CALLS.append(prompt)
        return f"{zlib.crc32(prompt.encode()) % (3 if 'step' in prompt else 5)}"


class Asked(Parameters):
    """What decides what is asked."""

    prompt: Literal["plain", "steps"] = Field("plain", description="How it is asked")
    questions: int = Field(8, ge=1, le=100, description="How many questions are asked")


class Scored(Asked):
    """What decides a score."""

    strict: bool = Field(False, description="Whether nearly right is wrong")


prompts = Pipeline(
    "prompts",
    Scored,
    path=("prompt",),
    promotes="answers",
    metrics=[Metric("right", better="larger", margin=0.05)],
)


@prompts.asset(recorded=True)
def answers(params: Asked, teller: Teller, as_of: dt.date) -> list[dict[str, Any]]:
    """Each question, and what was answered on that day."""
    asked = [f"{as_of} {number} + 1?" for number in range(params.questions)]
    return [{"question": q, "answer": teller.ask(PROMPTS[params.prompt].format(question=q))} for q in asked]


@prompts.asset
def scores(params: Scored, answers: list[dict[str, Any]]) -> Product[dict[str, Any]]:
    """How many answers are right; as pairs, which JSON keeps as lists, and shares, which it may keep as whole numbers."""
    worth = {0: 1.0, 1: 0.0 if params.strict else 0.5}
    each = [(item["question"], worth.get(int(item["answer"]), 0.0)) for item in answers]
    return Product({"each": each}, metrics={"right": sum(value for _, value in each) / len(each)})


@prompts.asset
def summary(params: Scored, scores: dict[str, Any]) -> str:
    """The scores, to be read: written as they are told."""
    lines = [f"- {pair}" for pair in scores["each"]]
    return "\n".join([f"# {params.prompt}", "", *lines, ""])


@prompts.check
def all_are_answered(answers: list[dict[str, Any]], params: Asked) -> Verdict:
    """There is an answer to each question."""
    return Verdict(len(answers) == params.questions, f"{len(answers)} answers")
