"""What a person must do at a vendor before npsync can sign in: three lines for each way, as of November 2026."""

from __future__ import annotations

SALESFORCE = {
    "client_credentials": (
        "Setup > External Client App Manager: a new app with OAuth, the scope `api`, and the client credentials flow.",
        "Its policies name a run-as user: one for npsync alone, with the right to read and edit contacts.",
        "The domain is your My Domain, such as `acme.my` (not login or test); key and secret stand in its settings.",
    ),
    "jwt": (
        "Setup > External Client App Manager: an app with OAuth, the scope `api`, JWT bearer flow, a certificate.",
        "Its policies approve npsync's user beforehand, by a permission set.",
        "The domain is your My Domain, such as `acme.my`; the private key belongs to the certificate.",
    ),
}
HUBSPOT = (
    "Settings > Integrations > Service Keys: a new key (private apps can no longer be made).",
    "Scopes: crm.objects.contacts.read and .write, crm.schemas.contacts.read; and .write of that to make fields.",
    "It does not expire; change it there when somebody leaves.",
)
