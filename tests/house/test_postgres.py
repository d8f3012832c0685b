"""The databases that tests get are what their fixtures promise."""

from sqlalchemy import create_engine, text


def test_each_test_gets_an_empty_database_of_its_own(postgres_url):
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (n int)"))
        assert 1 == connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    engine.dispose()


def test_a_ledger_can_live_in_both_engines(ledger_url):
    engine = create_engine(ledger_url)
    with engine.connect() as connection:
        assert 1 == connection.scalar(text("SELECT 1"))
    engine.dispose()
