"""Turns a topic into an outline: a prompt template in front of the model that the agent is given."""

import os

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

prompt = ChatPromptTemplate.from_messages(
    [
        ("system", "You write outlines: at most five points, each in one line."),
        ("user", "Write an outline about: {topic}"),
    ]
)
outline = prompt | ChatOpenAI(model=os.environ.get("LLM_MODEL", "gpt-4o-mini")) | StrOutputParser()


def handler(message):
    return {"response": outline.invoke({"topic": message})}
