"""HubSpot's CRM played on 127.0.0.1: records, properties, associations, lists, tokens, limits, and its traps.

What a client may rely on here was seen in HubSpot's documents or by people who tried; what nobody could say is a
switch of `Portal`, set to the harsher behaviour.
"""

from sandbox.hubspot.portal import Portal
from sandbox.hubspot.serving import TIERS, connection, limits_of, secrets, serve

__all__ = ["TIERS", "Portal", "connection", "limits_of", "secrets", "serve"]
