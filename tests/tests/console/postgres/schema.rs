//! Both databases have the same tables.

use std::collections::BTreeSet;

use hq::store::Db;
use hq::store::place::Database;
use hq::store::sql::{Conn, Row};
use tests::cluster;

type Columns = BTreeSet<(String, String, String, bool)>;

fn on_sqlite(conn: &Conn) -> (Columns, BTreeSet<String>) {
    let sql = "SELECT t.name, c.name, c.type, c.\"notnull\" = 1 OR c.pk > 0
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
                 AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> 'refinery_schema_history'";
    let kind = |name: String| match name.as_str() {
        "INTEGER" => "bigint".to_owned(),
        "TEXT" => "text".to_owned(),
        "BLOB" => "bytea".to_owned(),
        other => panic!("a column of {other}"),
    };
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, kind(row.get(2)?), row.get(3)?));
    let columns = conn.all(sql, &[], read).unwrap().into_iter().collect();
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";
    (columns, conn.all(sql, &[], |row| row.get(0)).unwrap().into_iter().collect())
}

fn on_postgres(conn: &Conn) -> (Columns, BTreeSet<String>) {
    let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'NO'
               FROM information_schema.columns
               WHERE table_schema = current_schema() AND table_name <> 'refinery_schema_history'";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let columns = conn.all(sql, &[], read).unwrap().into_iter().collect();
    // What a constraint made has no name in SQLite.
    let sql = "SELECT CAST(i.indexname AS TEXT) FROM pg_indexes i WHERE i.schemaname = current_schema()
                 AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
               UNION ALL SELECT CAST(tgname AS TEXT) FROM pg_trigger WHERE NOT tgisinternal";
    (columns, conn.all(sql, &[], |row| row.get(0)).unwrap().into_iter().collect())
}

#[test]
fn both_databases_have_the_same_tables() {
    let dir = tempfile::tempdir().unwrap();
    let here = on_sqlite(&Db::open(&dir.path().into()).unwrap().conn);
    let there = Db::open(&Database::parse(&cluster::database()).unwrap()).unwrap();
    let collated = "SELECT CAST(table_name AS TEXT) FROM information_schema.columns WHERE data_type = 'text'
                    AND table_schema = current_schema() AND coalesce(collation_name, '') <> 'C'";
    assert_eq!(there.conn.all(collated, &[], |row| row.get::<String>(0)).unwrap(), [""; 0], "COLLATE \"C\" is missing");
    let there = on_postgres(&there.conn);
    assert!(here.0.len() > 150, "{}", here.0.len());
    let only = |a: &Columns, b: &Columns| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!((only(&here.0, &there.0), only(&there.0, &here.0)), (vec![], vec![]), "SQLite alone, PostgreSQL alone");
    assert_eq!(here.1, there.1, "indexes and triggers");
}
