"""Writes a briefing as two people do: one gathers what is to be said, the other puts it into words."""

import os

# What an agent is asked is nobody else's business. CrewAI reads these when it is imported.
os.environ.setdefault("CREWAI_DISABLE_TELEMETRY", "true")
os.environ.setdefault("OTEL_SDK_DISABLED", "true")

from crewai import LLM, Agent, Crew, Task  # noqa: E402

# With `provider` any model's name goes to the address in OPENAI_BASE_URL.
model = LLM(model=os.environ.get("LLM_MODEL", "gpt-4o-mini"), provider="openai")

analyst = Agent(
    role="Analyst",
    goal="Find the points that a decision about {topic} depends on",
    backstory="You ask what would have to be true, and leave the rest out.",
    llm=model,
)
writer = Agent(
    role="Writer",
    goal="Put points into a briefing that is read in one minute",
    backstory="You write short sentences.",
    llm=model,
)
points = Task(
    description="List at most five points about: {topic}",
    expected_output="One point in each line",
    agent=analyst,
)
briefing = Task(
    description="Write a briefing about {topic} from the points",
    expected_output="At most 100 words",
    agent=writer,
)
crew = Crew(agents=[analyst, writer], tasks=[points, briefing])


def handler(message):
    return {"response": crew.kickoff(inputs={"topic": message}).raw}
