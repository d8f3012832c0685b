"""Invented objects that were held back, and measured once the proposing stood; see `orgs`."""

from __future__ import annotations

from tests.unit.suggesting.orgs import case

#: These were measured once the proposing stood.
HELD_BACK = (
    case(
        "French and Spanish",
        "Contact",
        """
        Note_Client__c | Note client | long 4000
        Commentaires__c | Commentaires | long 32000
        Score_de_credit__c | Score de crédit | whole
        Note_NPS__c | Note NPS | whole | score
        Commentaire_NPS__c | Commentaire NPS | long 4000 | comment
        Date_reponse_NPS__c | Date de réponse NPS | date | responded_at
        Categorie_NPS__c | Catégorie NPS | pick Promoteur;Passif;Détracteur | category
        Date_envoi_NPS__c | Date d'envoi NPS | date
        Objectif_NPS__c | Objectif NPS | whole
        """,
    ),
    case(
        "Spanish portal",
        "contacts",
        """
        puntuacion_nps | Puntuación NPS | number | score
        comentario_nps | Comentario de la encuesta NPS | long 65536 | comment
        fecha_encuesta_nps | Fecha de la encuesta NPS | date | responded_at
        categoria_nps | Categoría NPS | pick Promotor;Pasivo;Detractor | category
        puntuacion_de_riesgo | Puntuación de riesgo | number
        comentarios | Comentarios | long 65536
        fecha_ultimo_contacto | Fecha del último contacto | date
        encuesta_satisfaccion | Encuesta de satisfacción | number
        """,
    ),
    case(
        "two of each",
        "Contact",
        """
        NPS_Score__c | NPS Score | whole
        NPS_Rating__c | NPS Rating | whole
        NPS_Comment__c | NPS Comment | long 32000
        NPS_Feedback__c | NPS Feedback | long 32000
        NPS_Date__c | NPS Date | date
        NPS_Response_Date__c | NPS Response Date | date
        NPS_Category__c | NPS Category | pick Promoter;Passive;Detractor | category
        """,
    ),
    case(
        "programmes by kind",
        "Contact",
        """
        Relationship_NPS_Score__c | Relationship NPS Score | whole | score
        Transactional_NPS_Score__c | Transactional NPS Score | whole
        Relationship_NPS_Comment__c | Relationship NPS Comment | long 32000 | comment
        Transactional_NPS_Comment__c | Transactional NPS Comment | long 32000
        Relationship_NPS_Date__c | Relationship NPS Date | datetime | responded_at
        Support_NPS_Score__c | Support NPS Score | whole
        Onboarding_NPS__c | Onboarding NPS | whole
        Partner_NPS_Category__c | Partner NPS Category | pick Promoter;Passive;Detractor
        """,
    ),
    case(
        "a prefix of the company's own",
        "Contact",
        """
        ZX_Region__c | Region | pick N;S
        ZX_Segment__c | Segment | pick SMB;ENT
        ZX_Churn_Risk__c | Churn risk | number
        ZX_Comment__c | Comment | long 32000
        ZX_NPS_Score__c | NPS score | whole | score
        ZX_NPS_Comment__c | NPS comment | text 255 | comment
        ZX_NPS_Response_Date__c | NPS response date | datetime | responded_at
        ZX_NPS_Previous_Score__c | Previous NPS score | whole | previous_score
        ZX_NPS_Score_OLD__c | NPS score (do not use) | whole
        """,
    ),
    case(
        "names say nothing, labels do",
        "Contact",
        """
        Custom_101__c | NPS Score | whole | score
        Custom_102__c | NPS Comment | long 32000 | comment
        Custom_103__c | NPS Response Date | date | responded_at
        Custom_104__c | CSAT Score | whole
        Custom_105__c | Health Score | whole
        NPS_Score__c | CSAT rating | whole
        """,
    ),
    case(
        "only a survey",
        "Lead",
        """
        Survey_Comment__c | Survey Comment | long 32000 | comment
        Last_Survey_Response_Date__c | Last Survey Response Date | datetime | responded_at
        NPS__c | NPS | whole | score
        NPS_Segment__c | NPS Segment | list Promoters;Passives;Detractors | category
        Survey_Name__c | Survey Name | text 255 | survey
        Lead_Comment__c | Lead Comment | long 32000
        Rating | Rating | pick Hot;Warm;Cold
        """,
    ),
    case(
        "lower-case run-together names",
        "contacts",
        """
        npsscore | NPS score | number | score
        npscomment | NPS comment | long 65536 | comment
        npsdate | NPS date | datetime | responded_at
        npscategory | NPS category | text 65536 | category
        npsscoreaverage | Average NPS score | number
        csatscore | CSAT score | number
        accountnps | Account NPS | number
        nps_follow_up_status | NPS follow-up status | pick open;done
        """,
    ),
    case(
        "Dutch, Italian, Japanese",
        "Contact",
        """
        NPS_Cijfer__c | NPS-cijfer | whole | score
        NPS_Toelichting__c | NPS toelichting | long 4000 | comment
        NPS_Datum__c | NPS-datum | date | responded_at
        NPS_Categorie__c | NPS-categorie | pick Promotor;Passief;Criticaster | category
        Klantcijfer__c | Klantcijfer | number
        Opmerkingen__c | Opmerkingen | long 4000
        """,
    ),
    case(
        "Italian and Japanese labels",
        "Lead",
        """
        Punteggio_NPS__c | Punteggio NPS | whole | score
        Motivo_NPS__c | Motivazione NPS | long 4000 | comment
        F1__c | NPS回答日 | date | responded_at
        F2__c | NPS区分 | pick 推奨者;中立者;批判者 | category
        F3__c | 顧客満足度 | number
        F4__c | コメント | long 4000
        """,
    ),
)
