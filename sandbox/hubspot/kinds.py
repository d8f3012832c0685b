"""The object types of a portal, and the properties that HubSpot defines on them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type of object: contacts, companies, a custom one."""

    #: `0-1`, or `2-…` for a custom type.
    id: str
    #: The name in paths: contacts.
    name: str
    #: The name in messages: CONTACT in capitals.
    singular: str
    #: The middle of its scopes: `crm.objects.SCOPE.read`.
    scope: str
    created: str = "hs_createdate"
    changed: str = "hs_lastmodifieddate"
    #: What a read shows when it asks for nothing.
    shown: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    read_only: bool = False
    #: Other names under which paths may ask for it.
    aliases: tuple[str, ...] = ()
    label: str = ""
    #: For a custom type: what its maker said of it.
    about: dict[str, object] = field(default_factory=dict, hash=False, compare=False)

    @property
    def custom(self) -> bool:
        return self.id.startswith("2-")

    def always(self) -> tuple[str, ...]:
        """Return the properties that every answer carries."""
        return (self.created, "hs_object_id", self.changed)


STANDARD = (
    Kind(
        id="0-1", name="contacts", singular="contact", scope="contacts", label="Contact",
        created="createdate", changed="lastmodifieddate", shown=("email", "firstname", "lastname"),
    ),
    Kind(
        id="0-2", name="companies", singular="company", scope="companies", label="Company",
        created="createdate", shown=("domain", "name"),
    ),
    Kind(
        id="0-3", name="deals", singular="deal", scope="deals", label="Deal",
        created="createdate", shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
    ),
    Kind(id="0-5", name="tickets", singular="ticket", scope="tickets", label="Ticket", created="createdate",
         shown=("subject", "content", "hs_pipeline", "hs_pipeline_stage")),
    Kind(id="0-27", name="tasks", singular="task", scope="contacts", label="Task", required=("hs_timestamp",)),
    Kind(id="0-46", name="notes", singular="note", scope="contacts", label="Note", required=("hs_timestamp",)),
    Kind(id="0-48", name="calls", singular="call", scope="contacts", label="Call", required=("hs_timestamp",)),
    Kind(id="0-49", name="emails", singular="email", scope="contacts", label="Email", required=("hs_timestamp",)),
    Kind(id="0-47", name="meetings", singular="meeting", scope="contacts", label="Meeting", required=("hs_timestamp",)),
    Kind(id="0-7", name="products", singular="product", scope="deals", label="Product", created="createdate"),
    Kind(id="0-8", name="line_items", singular="line_item", scope="deals", label="Line item", created="createdate"),
    Kind(
        id="0-19", name="feedback_submissions", singular="feedback_submission", scope="feedback_submissions",
        label="Feedback submission", read_only=True,
    ),
)  # fmt: skip

_LIFECYCLE = "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other"
_STAGES = (
    "appointmentscheduled qualifiedtobuy presentationscheduled decisionmakerboughtin contractsent closedwon closedlost"
)

#: By type: `name type fieldType [options …]`; a trailing `!` on the type means that HubSpot alone writes it.
#: The properties that every type has stand under "*".
DEFINITIONS = {
    "*": """
        hs_object_id number! number
        hs_merged_object_ids string! text
        hubspot_owner_id enumeration select
        hubspot_owner_assigneddate datetime! date
        hs_archived bool! booleancheckbox
    """,
    "contacts": f"""
        email string text
        hs_additional_emails string text
        hs_email_domain string! text
        hs_calculated_merged_vids string! text
        firstname string text
        lastname string text
        phone string phonenumber
        mobilephone string phonenumber
        hs_searchable_calculated_phone_number string! text
        hs_searchable_calculated_mobile_number string! text
        company string text
        website string text
        jobtitle string text
        address string text
        city string text
        state string text
        zip string text
        country string text
        hs_language string text
        salutation string text
        lifecyclestage enumeration radio {_LIFECYCLE}
        hs_lead_status enumeration radio NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED
        hs_email_optout bool booleancheckbox
        associatedcompanyid number number
        date_of_birth string text
        closedate datetime date
        createdate datetime! date
        lastmodifieddate datetime! date
    """,
    "companies": f"""
        name string text
        domain string text
        website string text
        phone string phonenumber
        industry string text
        description string textarea
        city string text
        state string text
        zip string text
        country string text
        annualrevenue number number
        numberofemployees number number
        lifecyclestage enumeration radio {_LIFECYCLE}
        createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "deals": f"""
        dealname string text
        amount number number
        closedate datetime date
        pipeline enumeration select default
        dealstage enumeration radio {_STAGES}
        dealtype enumeration radio newbusiness existingbusiness
        description string textarea
        createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "tickets": """
        subject string text
        content string textarea
        hs_pipeline enumeration select 0
        hs_pipeline_stage enumeration radio 1 2 3 4
        hs_ticket_priority enumeration select LOW MEDIUM HIGH URGENT
        createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "tasks": """
        hs_timestamp datetime date
        hs_task_subject string text
        hs_task_body string html
        hs_task_status enumeration select NOT_STARTED IN_PROGRESS COMPLETED WAITING DEFERRED
        hs_task_priority enumeration select NONE LOW MEDIUM HIGH
        hs_task_type enumeration select TODO EMAIL CALL LINKED_IN MEETING
        hs_task_reminders string text
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "notes": """
        hs_timestamp datetime date
        hs_note_body string html
        hs_attachment_ids string text
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "calls": """
        hs_timestamp datetime date
        hs_call_title string text
        hs_call_body string html
        hs_call_duration number number
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "emails": """
        hs_timestamp datetime date
        hs_email_subject string text
        hs_email_text string textarea
        hs_email_direction enumeration select EMAIL INCOMING_EMAIL FORWARDED_EMAIL
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "meetings": """
        hs_timestamp datetime date
        hs_meeting_title string text
        hs_meeting_body string html
        hs_meeting_start_time datetime date
        hs_meeting_end_time datetime date
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "products": """
        name string text
        price number number
        hs_sku string text
        description string textarea
        createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "line_items": """
        name string text
        price number number
        quantity number number
        hs_product_id number number
        createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "feedback_submissions": """
        hs_survey_id string! text
        hs_survey_name string! text
        hs_survey_type string! text
        hs_survey_channel string! text
        hs_submission_name string! text
        hs_submission_url string! text
        hs_value number! number
        hs_response_group string! text
        hs_sentiment string! text
        hs_content string! textarea
        hs_ingestion_id string! text
        hs_form_guid string! text
        hs_visitor_id string! text
        hs_contact_id number! number
        hs_submission_timestamp datetime! date
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
    "custom": """
        hs_createdate datetime! date
        hs_lastmodifieddate datetime! date
    """,
}
