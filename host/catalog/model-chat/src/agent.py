"""Talks with the model that the agent is given: address, key and name of it come from the environment."""

import os

from openai import OpenAI

client = OpenAI()


def handler(request):
    messages = [{"role": "system", "content": os.environ.get("SYSTEM_PROMPT") or "Be brief and helpful."}]
    messages += request.get("history") or []
    messages.append({"role": "user", "content": request["message"]})
    answer = client.chat.completions.create(model=os.environ.get("LLM_MODEL", "gpt-4o-mini"), messages=messages)
    return {"response": answer.choices[0].message.content}
