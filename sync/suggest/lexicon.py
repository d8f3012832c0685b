"""What the parts of fields' names mean, in the languages that CRMs are kept in.

A name is understood only where every part of it is listed here, so a word that is missing costs a suggestion and never
makes a wrong one. Words are written as `sync.suggest.reading.plain` leaves them: lower case, without accents.
"""

from __future__ import annotations

#: What a part of a name says.
MEANINGS: dict[str, str] = {
    # The programme itself.
    "programme": "nps rnps tnps netpromoterscore netpromotorscore netpromoter netpromotor"
    " weiterempfehlung weiterempfehlungs",
    "recommend": "recommend recommendation recommending empfehlung empfehlungs recomendar recomendacion recomendacao"
    " recomienda recommander recommandation recommandations raccomandazione raccomandare"
    " consigliare aanbeveling aanbevelen"
    " aanbevelings rekommendation rekommendera polecenia polecenie 推奨 推奨度",
    "promoter": "promoter promotor promoteur promotore",
    "sides": "passive detractor passiv detraktor detracteur detrattore kritiker",
    "survey": "survey umfrage befragung befragungs encuesta enquete enquetes sondage sondaggio pesquisa ankieta"
    " undersokning onderzoek questionnaire fragebogen cuestionario questionario アンケート 調査",
    # What is held.
    "score": "score rating wert bewertung bewertungs punktzahl punktwert punteggio voto valutazione"
    " puntuacion puntaje"
    " calificacion valoracion valor valore valeur pontuacao avaliacao nota note cijfer beoordeling waarde betyg poang"
    " ocena wynik value result ergebnis resultat resultado risultato スコア 点数 得点 評価",
    "likely": "likelihood likely ltr willingness bereitschaft wahrscheinlichkeit probabilite probabilidad probabilita"
    " probabilidade waarschijnlijkheid sannolikhet disposicion propension 可能性",
    "comment": "comment feedback verbatim reason why remark cmt kommentar bemerkung begrundung grund anmerkung"
    " ruckmeldung freitext commentaire remarque raison motif verbatims comentario motivo razon observacion opinion"
    " commento motivazione opinione opmerking toelichting reden reactie komentarz uzasadnienie kommentti"
    " kommentarer motivering razao motivacao コメント 理由 意見 感想",
    "date": "date datum fecha data dato timestamp zeitpunkt datetime 日付 日時 日",
    "category": "category kategorie kategori categorie categoria kategoria カテゴリ カテゴリー",
    "group": "cat type typ tipo group gruppe groupe grupo gruppo groep grupp class classification klasse"
    " klassifizierung classe clase segment bucket level 区分 分類",
    "status": "status",
    "points": "points",
    "trend": "trend trends tendance tendencia tendenza tendencia トレンド",
    "name": "name title titel titre titulo titolo naam 名",
    "person": "person",
    "id": "id",
    # Whose, and which.
    "respond": "response responded respond answer answered completed submitted respondent resp antwort antworten"
    " beantwortet beantwortung reponse repondu respuesta respondida respondido risposta risposte"
    " resposta antwoord beantwoord svar besvarad odpowiedz 回答 回答済",
    "responses": "responses answers antworten reponses respuestas risposte respostas antwoorden odpowiedzi",
    "latest": "last latest current recent newest aktuell letzt neueste derniere dernier actuel actuelle ultimo"
    " ultima actual attuale laatste recente huidige senaste aktualny ostatnia ostatni najnowszy 最新 最終 最近",
    "previous": "previous prev prior vorherig vorig letztvorherig precedent precedente anterior"
    " vorige föregaende"
    " poprzedni poprzednia 前回",
    "first": "first initial erste premier premiere primer primera primero prima primo eerste forsta 初回",
    "count": "count anzahl nombre numero number aantal antal liczba quantity 件数 数",
    "relational": "relational relationship relation beziehungs beziehung rnps",
    "transactional": "transactional transaction transaktional transaktions tnps transactionnel transaccional",
    # What says nothing.
    "filler": "the of for a an by in to with your our us how are you is would most out ten scale field txt pkl text"
    " de la el le les des du d l del della dell di da do der die das den zur zum von fur van het"
    " een en e il lo per pour"
    " para por y und and c f customer client kunde kunden cliente klant 顧客 の"
    " colleague friend freund or and we",
    "whom": "contact kontakt contacto contatto",
    "moment": "on at am um",
}

#: Other things that are measured, by surveys too: where they speak in an object, `survey` alone is not ours.
PROGRAMMES = frozenset(
    "csat ces enps dsat satisfaction zufriedenheit kundenzufriedenheit satisfaccion soddisfazione satisfacao"
    " tevredenheid nojdhet satysfakcja effort aufwand esfuerzo employee mitarbeiter empleado"
    " dipendente medewerker star"
    " stars 満足度 顧客満足度 従業員 onboarding webinar event training pulse exit churnsurvey".split()
)
#: What makes a field another's, or another thing.
FOREIGN = frozenset(
    "lead leads health credit kredit bonitat bonita engagement intent fit churn fraud risk riesgo"
    " risque rischio risiko"
    " einstein priority sentiment quality hubspotscore propensity predictive predicted forecast"
    " average avg mean median durchschnitt durchschnitts schnitt moyenne promedio media gemiddelde"
    " gemiddeld sum total"
    " min max minimum maximum weighted rolling"
    " target goal benchmark ziel zielwert objectif objetivo obiettivo doel meta budget quota industry"
    " sent send sending invited invite invitation envoi enviado envio invio verzonden versand versendet versanddatum"
    " einladung link url opt optout consent token due follow followup task owner reminder expiry expires expiration"
    " next nachste scheduled schedule template campaign channel eligible requested delivered opened bounced clicked"
    " partner account company firma konto team agent vendor supplier manager rep user department region country"
    " support service sales product delivery implementation ticket case order purchase renewal contract competitor"
    " marketing billing project store branch visit call chat"
    " old legacy deprecated obsolete donotuse unused test tmp temp backup archive archived copy imported import zzz"
    " veraltet alt ancien obsoleto activity aktivitat champion coupon internal intern calculated".split()
)
#: Tools that ask for NPS or something else; a field that names one is that tool's.
TOOLS = frozenset(
    "delighted retently asknicely medallia qualtrics surveymonkey getfeedback typeform promoterio survicate simplesat"
    " zenloop satismeter wootric inmoment customergauge callexa hotjar nicereply gainsight totango planhat churnzero"
    " catalyst vitally momentive alchemer surveygizmo sogosurvey questionpro refiner chameleon"
    " pendo userpilot appcues"
    " intercom zendesk freshdesk trustpilot feefo birdeye podium reputation clicktools"
    " surveysparrow nicejob listen360"
    " clarabridge forsta confirmit verint foresee usabilla mopinion feedier skeepers goodays diduenjoy netigate"
    " simplesurvey surveyvista timba userzoom zonka sprig".split()
)
#: The values of a choice that tell the three categories apart.
CATEGORIES: dict[str, frozenset[str]] = {
    "promoter": frozenset(
        "promoter promotor promoteur promotore forderer promotores promotori ambassadeur 推奨者".split()
    ),
    "passive": frozenset(
        "passive passiv passif pasivo passivo passief neutral neutro neutre neutraal indifferent"
        " indiferente unentschieden"
        " unentschiedene passivi pasivos passivos neutrale 中立者".split()
    ),
    "detractor": frozenset(
        "detractor detraktor detracteur detrattore detratore kritiker criticaster criticus"
        " detractores detrattori belackare"
        " krytyk 批判者".split()
    ),
}
