"""Invented objects written afterwards, against what had been overlooked; see `orgs`."""

from __future__ import annotations

from tests.unit.suggesting.orgs import case

#: Written after both, against what had been overlooked: three of these were wrong or missed at first.
HARDER = (
    case(
        "acme",
        "Contact",
        """
 Acme_NPS__c | NPS | number | score
 Acme_NPS_Date__c | NPS Date | date | responded_at
 Acme_NPS_Feedback__c | NPS Feedback | long 32000 | comment
 Acme_Tier__c | Tier | pick A;B
 Acme_CSAT__c | CSAT | number
 """,
    ),
    case(
        "mixed",
        "Contact",
        """
 NPS_Score__c | Net Promoter Score® | number | score
 NPS_Score_Text__c | NPS Score (text) | text 3
 NPS_Score_Formula__c | NPS Score Formula | =number
 NPS_Response_Comments__c | NPS Response - Comments | long 4000 | comment
 NPS_Score_Date__c | Date of NPS Score | date | responded_at
 NPS_Promoter_Detractor__c | Promoter / Passive / Detractor | pick Promoter;Passive;Detractor | category
 NPS_Email__c | NPS Email | email
 NPS_Sent__c | NPS Sent | yes
 NPS_Response_Id__c | NPS Response ID | text 50
 NPS_Survey__c | NPS Survey | id Survey
 NPS_Revenue_Impact__c | NPS Revenue impact | currency
 NPS_Percentile__c | NPS percentile | percent
 NPS_Q1__c | NPS Q1 | number
 NPS_2024__c | NPS 2024 | number
 NPS_Month__c | NPS Month | text 20
 """,
    ),
    case(
        "lower",
        "contacts",
        """
 nps_score | NPS Score | number | score
 nps_score_previous | Previous NPS score | number | previous_score
 nps_date_previous | Previous NPS date | date | previous_responded_at
 nps_comment | NPS comment | long 65536 | comment
 nps_category | NPS category | pick Promoter;Passive;Detractor | category
 nps_answered_at | NPS answered at | datetime | responded_at
 first_nps_date | First NPS date | date | first_responded_at
 nps_trend | NPS trend | text 65536 | trend
 nps_survey_name | NPS survey name | text 65536 | survey
 total_nps_responses | Total NPS responses | number
 last_nps_response | Last NPS response | number
 recommendation_score | Recommendation score | number
 product_recommendation | Product recommendation | text 65536
 would_recommend | Would recommend | yes
 """,
    ),
    case(
        "tool is source",
        "Contact",
        """
 Delighted_Score__c | Delighted NPS Score | number | score
 Delighted_Comment__c | Delighted Comment | long 32000 | comment
 Delighted_Response_Date__c | Delighted response date | datetime | responded_at
 """,
        tool="delighted",
    ),
    case(
        "two tools",
        "Contact",
        """
 Retently_NPS_Score__c | Retently NPS Score | number
 Wootric_NPS_Score__c | Wootric NPS Score | number
 NPS_Comment__c | NPS Comment | long 4000 | comment
 """,
    ),
    case(
        "scale picklist",
        "Lead",
        """
 NPS_Score__c | NPS Score | pick 0;1;2;3;4;5;6;7;8;9;10 | score
 NPS_Bucket__c | NPS Bucket | pick 0-6;7-8;9-10
 NPS_Class__c | NPS Class | pick Promoter;Passive;Detractor;Strong Promoter
 NPS_Rating_Stars__c | NPS Rating (stars) | pick 1;2;3;4;5
 NPS_Reason__c | NPS Reason | pick Price;Quality;Other
 NPS_Reason_Text__c | NPS Reason Text | long 4000 | comment
 """,
    ),
    case(
        "portuguese polish swedish",
        "contacts",
        """
 nota_nps | Nota NPS | number | score
 comentario_nps | Comentário NPS | long 65536 | comment
 data_resposta_nps | Data da resposta NPS | date | responded_at
 data_envio_nps | Data de envio NPS | date
 ocena_klienta | Ocena klienta | number
 betyg | Betyg | number
 """,
    ),
    case(
        "german words",
        "Contact",
        """
 Weiterempfehlungsbereitschaft__c | Weiterempfehlungsbereitschaft | number | score
 NPS_Begruendung__c | NPS-Begründung | long 4000 | comment
 Letzte_NPS_Befragung__c | Letzte NPS-Befragung | date
 NPS_Antwortdatum__c | NPS-Antwortdatum | date | responded_at
 NPS_Kategorie__c | NPS-Kategorie | pick Promotor;Passiv;Detraktor | category
 NPS_Durchschnitt__c | NPS-Durchschnitt | number
 """,
    ),
    case(
        "relabelled",
        "Contact",
        """
 NPS_Score__c | Customer loyalty index | number
 Loyalty_Index__c | NPS Score | number
 NPS_Comment__c | NPS Comment (internal notes) | long 4000
 NPS_Date__c | Next NPS date | date
 """,
    ),
)
