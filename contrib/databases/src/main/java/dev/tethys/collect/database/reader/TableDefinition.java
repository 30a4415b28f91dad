package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes definitions of tables as text that is compared between readings. It looks like a statement
 * that creates the table, and is not meant to be executed.
 */
public final class TableDefinition {
  /**
   * Column.
   *
   * @param defaultValue expression, null if none
   * @param extra further attributes, empty if none
   */
  public record Column(
      String name, String type, boolean nullable, @Nullable String defaultValue, String extra) {}

  /** Constraint of PostgreSQL; the type is that of {@code pg_constraint.contype}. */
  public record Constraint(String name, String type, String definition) {}

  /** Index of PostgreSQL with the statement that creates it. */
  public record IndexStatement(String name, String statement) {}

  /** Index of MySQL; the columns are separated by commas. */
  public record IndexColumns(String name, boolean unique, String columns, boolean primary) {}

  /** Foreign key of MySQL. */
  public record ForeignKey(
      String name, String columns, String schema, String table, String referenced) {}

  private TableDefinition() {}

  private static String column(Column c) {
    return c.name
        + " "
        + c.type
        + (c.nullable ? "" : " NOT NULL")
        + (c.defaultValue == null ? "" : " DEFAULT " + c.defaultValue)
        + (c.extra.isEmpty() ? "" : " " + c.extra);
  }

  private static String table(String name, List<String> lines) {
    return "CREATE TABLE " + name + " (\n    " + String.join(",\n    ", lines) + "\n);\n";
  }

  /** Table of PostgreSQL; indexes of its primary key and unique constraints are part of these. */
  public static String postgres(
      String table,
      List<Column> columns,
      List<Constraint> constraints,
      List<IndexStatement> indexes) {
    List<String> lines = new ArrayList<>();
    columns.forEach(c -> lines.add(column(c)));
    constraints.forEach(c -> lines.add("CONSTRAINT " + c.name + " " + c.definition));
    Set<String> own =
        constraints.stream()
            .filter(c -> c.type.equals("p") || c.type.equals("u"))
            .map(Constraint::name)
            .collect(Collectors.toSet());
    StringBuilder out = new StringBuilder(table(table, lines));
    for (IndexStatement i : indexes) {
      if (!own.contains(i.name)) {
        out.append('\n').append(i.statement).append(";\n");
      }
    }
    return out.toString();
  }

  /** Table of MySQL or MariaDB. */
  public static String mysql(
      String table, List<Column> columns, List<IndexColumns> indexes, List<ForeignKey> keys) {
    List<String> lines = new ArrayList<>();
    columns.forEach(c -> lines.add(column(c)));
    for (IndexColumns i : indexes) {
      if (i.primary) {
        lines.add("PRIMARY KEY (" + i.columns + ")");
      }
    }
    for (IndexColumns i : indexes) {
      if (!i.primary) {
        lines.add((i.unique ? "UNIQUE KEY " : "KEY ") + i.name + " (" + i.columns + ")");
      }
    }
    for (ForeignKey k : keys) {
      lines.add(
          "CONSTRAINT "
              + k.name
              + " FOREIGN KEY ("
              + k.columns
              + ") REFERENCES "
              + k.schema
              + "."
              + k.table
              + "("
              + k.referenced
              + ")");
    }
    return table(table, lines);
  }
}
