package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.ColumnValues;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.QueryTable;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The collectors that are queries: the table {@code collectors.txt}. */
final class CollectorTable {
  static final QueryTable TABLE = QueryTable.read(CollectorTable.class, "collectors.txt");

  private CollectorTable() {}

  /**
   * Queries all metrics of a collector.
   *
   * @param version server version in the format of {@code server_version_num}
   * @param exclude databases that the collector of databases omits
   */
  static void collect(
      String name, PostgresConnection c, int version, Set<String> exclude, MetricSet out)
      throws SQLException {
    for (QueryTable.Query q : TABLE.queries(name)) {
      if (!q.isFor(version)) {
        continue;
      }
      c.query(
          q.sql(),
          rows -> {
            while (PostgresConnection.next(rows)) {
              List<@Nullable Object> values = new ArrayList<>();
              for (int i = 1; i <= q.columns().size(); i++) {
                values.add(rows.getObject(i));
              }
              if (name.equals("database")
                  && exclude.contains(ColumnValues.text(values.getFirst()))) {
                continue;
              }
              try {
                QueryTable.add("pg_" + name + "_", q, values, out);
              } catch (IllegalArgumentException e) {
                throw new SQLException(e.getMessage(), "22000", e);
              }
            }
          });
    }
  }
}
