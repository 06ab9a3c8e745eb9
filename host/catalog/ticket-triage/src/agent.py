"""Sorts a support ticket by urgency, and drafts the first answer: a graph with a branch."""

from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

URGENT = ("down", "outage", "urgent", "cannot log in", "data loss", "breach")


class Ticket(MessagesState):
    """The conversation, and how urgent it is."""

    urgency: Literal["high", "normal"]


def rate(ticket: Ticket) -> dict:
    text = ticket["messages"][-1].content.lower()
    return {"urgency": "high" if any(word in text for word in URGENT) else "normal"}


def page_somebody(_: Ticket) -> dict:
    return {"messages": [AIMessage(content="Urgency high: somebody is being paged now, and answers within 15 minutes.")]}


def queue(_: Ticket) -> dict:
    return {"messages": [AIMessage(content="Urgency normal: the ticket is in the queue, and is answered within a day.")]}


builder = StateGraph(Ticket)
builder.add_node("rate", rate)
builder.add_node("page_somebody", page_somebody)
builder.add_node("queue", queue)
builder.add_edge(START, "rate")
builder.add_conditional_edges("rate", lambda ticket: ticket["urgency"], {"high": "page_somebody", "normal": "queue"})
builder.add_edge("page_somebody", END)
builder.add_edge("queue", END)
graph = builder.compile()
