"""Invented objects on which the proposing was tuned; see `orgs`."""

from __future__ import annotations

from tests.unit.suggesting.orgs import case

#: On these the proposing was tuned.
TUNED = (
    case(
        "plain names among look-alikes",
        "Contact",
        """
        Id | Contact ID | !text 18
        LastName | Last Name | text 80
        Email | Email | email
        Description | Contact Description | long 32000
        LastActivityDate | Last Activity | !date
        Lead_Score__c | Lead Score | whole
        Health_Score__c | Customer Health Score | whole
        Customer_Comments__c | Customer Comments | long 32000
        Last_Contact_Date__c | Last Contact Date | date
        Customer_Category__c | Customer Category | pick A;B;C
        NPS_Score__c | NPS Score | whole | score
        NPS_Comment__c | NPS Comment | long 32000 | comment
        NPS_Date__c | NPS Date | date | responded_at
        NPS_Category__c | NPS Category | pick Promoter;Passive;Detractor | category
        NPS_Points__c | NPS Points | whole | points
        """,
    ),
    case(
        "other programmes beside it",
        "Contact",
        """
        CSAT_Score__c | CSAT Score | number
        CSAT_Comment__c | CSAT Comment | long 5000
        CSAT_Date__c | CSAT Survey Date | date
        CES_Rating__c | Customer Effort | number
        eNPS__c | Employee NPS | number
        Survey_Score__c | Survey Score | number
        Survey_Comment__c | Survey Comment | long 5000
        Last_Survey_Date__c | Last Survey Date | date
        Net_Promoter_Score__c | Net Promoter Score | number | score
        Net_Promoter_Comment__c | Net Promoter Comment | long 1000 | comment
        Net_Promoter_Segment__c | Net Promoter Group | pick Promoter;Neutral;Detractor | category
        Net_Promoter_Answered_On__c | Net Promoter answered on | datetime | responded_at
        """,
    ),
    case(
        "German",
        "Contact",
        """
        Kundenwert__c | Kundenwert | currency
        Bewertung__c | Bewertung | pick Hoch;Mittel;Niedrig
        Bemerkung__c | Bemerkung | long 32000
        Letzte_Aktivitaet__c | Letzte Aktivität | date
        Kundenzufriedenheit__c | Kundenzufriedenheit | number
        Zufriedenheitskommentar__c | Kommentar zur Zufriedenheit | long 4000
        NPS_Zielwert__c | NPS-Zielwert | whole
        NPS_Wert__c | NPS-Wert | whole | score
        NPS_Kommentar__c | NPS-Kommentar | long 4000 | comment
        NPS_Befragungsdatum__c | NPS-Befragungsdatum | date | responded_at
        NPS_Gruppe__c | NPS-Gruppe | pick Förderer;Unentschiedene;Kritiker | category
        NPS_Vorheriger_Wert__c | Vorheriger NPS-Wert | whole | previous_score
        NPS_Versanddatum__c | NPS-Versanddatum | date
        """,
    ),
    case(
        "HubSpot beside HubSpot's own survey",
        "contacts",
        """
        hs_feedback_last_nps_rating_number | Latest NPS survey rating | number
        hs_feedback_last_nps_follow_up | Last NPS survey comment | long 65536
        hs_feedback_last_survey_date | Last NPS survey date | datetime
        hs_feedback_last_csat_survey_rating | Last CSAT survey rating | number
        hubspotscore | HubSpot Score | number
        notes_last_updated | Last Activity Date | datetime
        hs_lead_status | Lead Status | pick NEW;OPEN
        nps_rating | NPS rating | number | score
        nps_feedback | NPS feedback | long 65536 | comment
        nps_last_response_date | Last NPS response date | date | responded_at
        nps_type | NPS type | pick promoter;passive;detractor | category
        nps_survey_link | NPS survey link | text 255
        nps_last_sent | NPS last sent | date
        """,
    ),
    case(
        "read-only, formulas, and fields too narrow",
        "Contact",
        """
        NPS_Score__c | NPS Score | !whole
        NPS_Category__c | NPS Category | =text 20
        NPS_Comment__c | NPS Comment | text 20
        NPS_Date__c | NPS Date | =date
        Likelihood_To_Recommend__c | Likelihood to recommend (0-10) | whole | score
        Reason_For_NPS__c | Reason for NPS score | long 2000 | comment
        NPS_Responded_At__c | NPS Responded At | datetime | responded_at
        Promoter_Status__c | Promoter status | pick Unknown;Detractor;Passive;Promoter | category
        Number_of_NPS_Responses__c | Number of NPS responses | whole | responses
        """,
    ),
    case(
        "packages of other tools",
        "Contact",
        """
        delighted__NPS_Score__c | NPS Score | whole
        delighted__Comment__c | NPS Comment | long 32000
        Simple_Survey__Net_Promoter_System__c | Net Promoter System | pick Detractor;Passive;Promoter
        AskNicely_Score__c | AskNicely Score | number
        Medallia_NPS_Rating__c | Medallia NPS Rating | number
        Medallia_Comment__c | Medallia NPS Comment | long 4000
        NPS_Latest_Score__c | Latest NPS Score | whole | score
        NPS_Verbatim__c | NPS Verbatim | long 32000 | comment
        NPS_Survey_Date__c | NPS Survey Date | datetime | responded_at
        """,
        tool="qualtrics",
    ),
    case(
        "nothing of it there",
        "Contact",
        """
        Credit_Score__c | Credit Score | whole
        Engagement_Score__c | Engagement Score | number
        Rating__c | Rating | pick Hot;Warm;Cold
        Comments__c | Comments | long 32000
        Feedback__c | Feedback | long 32000
        Survey_Opt_Out__c | Survey Opt-Out | yes
        Last_Survey_Sent__c | Last Survey Sent | date
        NPS_Target__c | NPS Target | whole
        NPS_Champion__c | NPS Champion | id User
        Nps_Campaign__c | NPS Campaign | text 80
        Promotion_Code__c | Promotion Code | text 20
        Score__c | Score | number
        Category__c | Category | text 40
        """,
    ),
)
