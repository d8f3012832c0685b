"""Which traps there are among responses, how often, and which of them the evidence settles."""

from __future__ import annotations

#: Weight of each trap among responses; the hostile profile halves the plain ones and triples the rest.
PLAIN = {"mail": 26, "mail_name": 22, "id": 8, "id_mail_name": 8, "phone_name": 5, "mail_phone_name": 4}
TRAPS = {
    "mail_messy": 3, "mail_nick": 2, "mail_initial": 0.7, "mail_married": 0.5, "mail_swapped": 0.4,
    "mail_one_name": 0.5,
    "mail_other_script": 0.4, "plus_tag": 1.2, "gmail_dots": 0.6, "alias_domain": 0.4, "id_18": 1.2,
    "id_lost_case": 0.4,
    "number_padded": 1, "merged_mail": 0.7, "merged_id": 0.6, "converted_mail": 0.5, "duplicate": 0.8, "lead_too": 0.8,
    "couple_named": 0.8, "couple_nameless": 0.4, "family_phone": 0.7, "family_phone_nameless": 0.2, "twins_phone": 0.3,
    "phone_nameless": 2.6, "phone_national": 0.6, "role_named": 0.3, "role_nameless": 0.5, "role_stranger": 0.2,
    "recycled_mail": 0.4, "recycled_phone": 0.3, "plus_distinct": 0.2, "dots_nongmail": 0.2, "deleted_mail": 0.5,
    "deleted_id": 0.3, "suppressed": 0.3, "internal": 0.3, "junk_mail": 0.4, "junk_phone": 0.3, "anonymous": 1.5,
    "forwarded_seen": 0.4, "forwarded_unseen": 0.1, "typo_mail": 1.2, "typo_colleague": 0.02, "unknown_colleague": 2,
    "unknown_free": 2.5, "subsidiary_homonym": 0.3, "name_company": 0.7, "nameless_record": 0.5,
    "unreadable_phone": 0.5,
    "reception_phone": 0.2, "homonym_company": 0.3,
}  # fmt: skip
#: Traps whose answer the evidence settles: a good resolver finds the record.
DETERMINISTIC = frozenset(PLAIN) | {
    "mail_messy", "mail_nick", "mail_initial", "mail_married", "mail_swapped", "mail_one_name", "mail_other_script",
    "plus_tag",
    "gmail_dots", "alias_domain", "id_18", "id_lost_case", "number_padded", "merged_mail", "merged_id",
    "converted_mail",
    "duplicate", "lead_too", "couple_named", "family_phone", "phone_nameless", "role_named", "nameless_record",
}  # fmt: skip
UNDETECTABLE = frozenset({"forwarded_unseen"})
