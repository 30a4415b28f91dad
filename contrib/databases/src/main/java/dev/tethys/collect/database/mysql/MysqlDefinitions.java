package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.reader.TableDefinition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Definitions of tables as text. */
final class MysqlDefinitions {
  private MysqlDefinitions() {}

  private record Parts(
      List<TableDefinition.Column> columns,
      List<TableDefinition.IndexColumns> indexes,
      List<TableDefinition.ForeignKey> keys) {
    Parts() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  private static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  /**
   * Texts by database and path {@code database/table}.
   *
   * @param databases that are read
   */
  static Map<String, Map<String, String>> read(MysqlSession s, Set<String> databases)
      throws IOException {
    Map<List<String>, Parts> tables = new LinkedHashMap<>();
    for (List<@Nullable String> r :
        s.query(
                "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE,"
                    + " c.COLUMN_DEFAULT, c.EXTRA FROM information_schema.COLUMNS c JOIN"
                    + " information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND"
                    + " t.TABLE_NAME = c.TABLE_NAME AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY"
                    + " c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION")
            .rows()) {
      if (databases.contains(text(r.getFirst()))) {
        tables
            .computeIfAbsent(List.of(text(r.get(0)), text(r.get(1))), _ -> new Parts())
            .columns
            .add(
                new TableDefinition.Column(
                    text(r.get(2)),
                    text(r.get(3)),
                    "YES".equals(r.get(4)),
                    r.get(5),
                    text(r.get(6))));
      }
    }
    for (List<@Nullable String> r :
        s.query(
                "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, GROUP_CONCAT(COLUMN_NAME"
                    + " ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS GROUP BY"
                    + " TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE ORDER BY TABLE_SCHEMA,"
                    + " TABLE_NAME, INDEX_NAME")
            .rows()) {
      Parts p = tables.get(List.of(text(r.get(0)), text(r.get(1))));
      if (p != null) {
        p.indexes.add(
            new TableDefinition.IndexColumns(
                text(r.get(2)), "0".equals(r.get(3)), text(r.get(4)), "PRIMARY".equals(r.get(2))));
      }
    }
    for (List<@Nullable String> r :
        s.query(
                "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, GROUP_CONCAT(COLUMN_NAME"
                    + " ORDER BY ORDINAL_POSITION), REFERENCED_TABLE_SCHEMA,"
                    + " REFERENCED_TABLE_NAME, GROUP_CONCAT(REFERENCED_COLUMN_NAME ORDER BY"
                    + " ORDINAL_POSITION) FROM information_schema.KEY_COLUMN_USAGE WHERE"
                    + " REFERENCED_TABLE_NAME IS NOT NULL GROUP BY CONSTRAINT_SCHEMA, TABLE_NAME,"
                    + " CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME ORDER BY"
                    + " CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME")
            .rows()) {
      Parts p = tables.get(List.of(text(r.get(0)), text(r.get(1))));
      if (p != null) {
        p.keys.add(
            new TableDefinition.ForeignKey(
                text(r.get(2)), text(r.get(3)), text(r.get(4)), text(r.get(5)), text(r.get(6))));
      }
    }
    Map<String, Map<String, String>> out = new LinkedHashMap<>();
    tables.forEach(
        (name, p) ->
            out.computeIfAbsent(name.getFirst(), _ -> new LinkedHashMap<>())
                .put(
                    String.join("/", name),
                    TableDefinition.mysql(name.getLast(), p.columns, p.indexes, p.keys)));
    return out;
  }
}
