"""The edge to LeadByte: HTTP out, words of `pipeline.model` back. What is relied on: leadbyte-api.md's facts.

`client` talks, `wire` counts what was handed to the socket, `answers` judges replies (pure).
"""
