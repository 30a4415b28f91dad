package dev.tethys.collect.exporter;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlDialect.Backslash;
import dev.tethys.codec.sql.SqlText;

/** Strings of statements as values of labels: without the literals that a server left in them. */
public final class StatementLabel {
  private StatementLabel() {}

  /** Statement of a PostgreSQL server, whose sessions have different settings. */
  public static String postgresql(String text) {
    return SqlText.withoutValues(text, SqlDialect.postgresql(Backslash.UNKNOWN));
  }
}
