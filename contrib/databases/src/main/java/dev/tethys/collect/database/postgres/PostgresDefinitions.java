package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.reader.TableDefinition;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Definitions of the tables of one database as text. */
final class PostgresDefinitions {
  private static final String USERS = "n.nspname not in ('pg_catalog', 'information_schema')";

  private PostgresDefinitions() {}

  private record Parts(
      List<TableDefinition.Column> columns,
      List<TableDefinition.Constraint> constraints,
      List<TableDefinition.IndexStatement> indexes) {
    Parts() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Texts by path {@code database/schema/table}. */
  static Map<String, String> read(PostgresSession s, String database) throws SQLException {
    Map<List<String>, Parts> tables = new LinkedHashMap<>();
    s.rows(
        "select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not"
            + " a.attnotnull, pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_class c join"
            + " pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_attribute a"
            + " on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join"
            + " pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where"
            + " c.relkind = 'r' and "
            + USERS
            + " order by n.nspname, c.relname, a.attnum",
        r ->
            tables
                .computeIfAbsent(List.of(text(r, 1), text(r, 2)), _ -> new Parts())
                .columns
                .add(
                    new TableDefinition.Column(
                        text(r, 3), text(r, 4), r.getBoolean(5), r.getString(6), "")));
    s.rows(
        "select n.nspname, c.relname, k.conname, k.contype, pg_get_constraintdef(k.oid) from"
            + " pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join"
            + " pg_catalog.pg_namespace n on n.oid = c.relnamespace where "
            + USERS
            + " order by n.nspname, c.relname, k.contype, k.conname",
        r -> {
          Parts p = tables.get(List.of(text(r, 1), text(r, 2)));
          if (p != null) {
            p.constraints.add(new TableDefinition.Constraint(text(r, 3), text(r, 4), text(r, 5)));
          }
        });
    s.rows(
        "select schemaname, tablename, indexname, indexdef from pg_catalog.pg_indexes where"
            + " schemaname not in ('pg_catalog', 'information_schema') order by schemaname,"
            + " tablename, indexname",
        r -> {
          Parts p = tables.get(List.of(text(r, 1), text(r, 2)));
          if (p != null) {
            p.indexes.add(new TableDefinition.IndexStatement(text(r, 3), text(r, 4)));
          }
        });
    Map<String, String> out = new LinkedHashMap<>();
    tables.forEach(
        (name, p) ->
            out.put(
                database + "/" + String.join("/", name),
                TableDefinition.postgres(name.getLast(), p.columns, p.constraints, p.indexes)));
    return out;
  }
}
