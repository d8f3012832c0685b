"""Calls as survey services make them when somebody has answered: their bodies and their signatures.

Shapes as their documentation shows them. Not verified with the vendors: what AskNicely's `question.id` is beside its
`response_id`, and whether Survicate writes its digest in hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer
    from sandbox.surveys.world import SurveyWorld

#: Service → the made-up secrets of its calls, by the field of a connection.
SECRETS: Mapping[str, Mapping[str, str]] = {
    "typeform": {"webhook_secret": "tf-hook-5d1c"},
    "surveymonkey": {"client_id": "sm-app-77", "client_secret": "sm-hook-9a0b"},
    "hubspot_feedback": {"client_secret": "hs-app-31f2"},
    "qualtrics": {"webhook_secret": "q-path-c4e8"},
    "asknicely": {"webhook_secret": "an-header-e07d"},
    "survicate": {"webhook_secret": "sv-sign-b26a"},
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is ready to be sent, and may be sent again."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to where it goes."""
        there = urlsplit(self.url)
        return http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)

    def send(self, method: str = "POST", *, link: http.client.HTTPConnection | None = None) -> int:
        """Send it, on a connection of its own unless *link* is one; return the status of the answer."""
        used = link or self.connect()
        try:
            body = self.body if method == "POST" else None
            used.request(method, urlsplit(self.url).path, body=body, headers=dict(self.headers))
            reply = used.getresponse()
            reply.read()
            return reply.status
        finally:
            if link is None:
                used.close()


class Notifier:
    """Makes the calls of one played service.

    Args:
        world: The service.
        url: Where it calls.
        public: The address that it was given, where that is another; it may be signed.
        secrets: Those of its calls, by the field of a connection.
    """

    def __init__(
        self, world: SurveyWorld, url: str, *, public: str = "", secrets: Mapping[str, str] | None = None
    ) -> None:
        self.world = world
        self.secrets = dict(secrets or SECRETS[world.name])
        self.url = url
        self.public = public or url
        self._made = 0

    def call(self, key: str) -> Call:
        """Make the call about an answer."""
        self._made += 1
        one = self.world.answers.get(key)
        assert one is not None
        return getattr(self, f"_{self.world.name}")(one)  # type: ignore[no-any-return]

    def tell(self, key: str) -> int:
        """Call about an answer; return the status."""
        return self.call(key).send()

    def _typeform(self, one: Answer) -> Call:
        told = {
            "event_id": f"01H{self._made:08d}",
            "event_type": "form_response",
            "form_response": {
                "form_id": one.survey,
                "token": one.id,
                "submitted_at": one.at.isoformat(),
                "definition": {"id": one.survey, "fields": []},
                "answers": [],
                "hidden": {"email": one.email},
                "calculated": {"score": 0},
            },
        }
        body = _json(told)
        signed = b64encode(self._digest(self.secrets["webhook_secret"], body, "sha256")).decode()
        return self._post(body, {"Typeform-Signature": f"sha256={signed}"})

    def _surveymonkey(self, one: Answer) -> Call:
        told = {
            "name": "npsync",
            "filter_type": "survey",
            "filter_id": one.survey,
            "event_type": "response_completed",
            "event_id": str(10_000 + self._made),
            "object_type": "response",
            "object_id": one.id,
            "event_datetime": datetime.fromtimestamp(self.world.clock(), UTC).isoformat(),
            "resources": {"collector_id": "1", "survey_id": one.survey, "user_id": "1", "respondent_id": one.id},
        }
        body = _json(told)
        key = f"{self.secrets['client_id']}&{self.secrets['client_secret']}"
        signed = b64encode(self._digest(key, body, "sha1")).decode()
        return self._post(body, {"Sm-Apikey": self.secrets["client_id"], "Sm-Signature": signed})

    def _hubspot_feedback(self, one: Answer) -> Call:
        moment = int(self.world.clock() * 1000)
        told = {
            "eventId": self._made,
            "subscriptionId": 12345,
            "portalId": 62515,
            "appId": 54321,
            "occurredAt": moment,
            "subscriptionType": "object.creation",
            "attemptNumber": 0,
            "objectId": int(one.id),
            "objectTypeId": "0-19",
            "changeFlag": "NEW",
            "changeSource": "SURVEY",
        }
        body = _json([told])
        said = b"POST" + self.public.encode() + body + str(moment).encode()
        signed = b64encode(self._digest(self.secrets["client_secret"], said, "sha256")).decode()
        return self._post(body, {"X-HubSpot-Signature-v3": signed, "X-HubSpot-Request-Timestamp": str(moment)})

    def _qualtrics(self, one: Answer) -> Call:
        told = {
            "Status": "Complete",
            "SurveyID": one.survey,
            "ResponseID": one.id,
            "RecipientID": "",
            "DistributionID": "EMD_1",
            "CompletedDate": one.at.strftime("%Y-%m-%d %H:%M:%S"),
        }
        topic = f"sandbox.surveyengine.completedResponse.{one.survey}"
        body = urlencode({"Topic": topic, "MSG": json.dumps(told)}).encode()
        url = f"{self.url}/{self.secrets['webhook_secret']}"
        return Call(url, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _asknicely(self, one: Answer) -> Call:
        told = {
            "count": 1 if one.modified == one.at else 2,
            "person": {"name": one.name, "email": one.email},
            "question": {"id": one.id, "score": one.score, "comment": one.comment},
        }
        return self._post(_json(told), {"X-Webhook-Secret": self.secrets["webhook_secret"]})

    def _survicate(self, one: Answer) -> Call:
        completed = {
            "survey": {"id": one.survey, "name": ""},
            "timestamp": one.modified.isoformat(),
            "responseUuid": one.id,
            "respondent": {"id": "1", "attributes": []},
        }
        body = _json({"messageId": f"{self._made:032x}", "deliveryTries": 0, "event": {"surveyCompleted": completed}})
        signed = self._digest(self.secrets["webhook_secret"], body, "sha256").hex()
        return self._post(body, {"Token": "verification", "Hmac": signed})

    def _post(self, body: bytes, headers: Mapping[str, str]) -> Call:
        return Call(self.url, body, {"Content-Type": "application/json", **headers})

    def _digest(self, key: str, said: bytes, name: str) -> bytes:
        return hmac.new(key.encode(), said, getattr(hashlib, name)).digest()


def _json(told: Any) -> bytes:
    return json.dumps(told).encode()
