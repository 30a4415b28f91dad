package dev.tethys.collect.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrintedQueriesTest {
  @TempDir Path dir;

  @Test
  void printsQueriesAndColumnsOnRequest() throws Exception {
    PostgresExporterKind kind = new PostgresExporterKind();
    assertThat(Settings.printed(kind)).isNull();
    Path file = dir.resolve("queries.yml");
    Files.writeString(
        file,
        """
        shop_orders:
          query: "select state, n from orders"
          metrics:
          - state: {usage: LABEL, description: State of it}
          - n: {usage: GAUGE, description: How many}
        """);
    assertThat(Settings.printed(kind, "dumpmaps=true", "extend.query-path=" + file))
        .contains("pg_database\n    select datname, pg_database_size(oid) from pg_database\n")
        .containsPattern("  size_bytes +gauge Bytes that the database takes on disk.\n")
        .containsPattern("pg_[a-z_]+ from 1[0-9]0000")
        .endsWith(
            "shop_orders\n    select state, n from orders\n"
                + "  state                                    label State of it\n"
                + "  n                                        gauge How many\n\n");
  }
}
