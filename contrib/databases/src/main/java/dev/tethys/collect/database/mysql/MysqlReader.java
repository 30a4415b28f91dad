package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.reader.ReadingParts;
import dev.tethys.collect.database.wire.Deadline;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a MySQL or MariaDB under the names of Coroot's cluster agent, over one connection that is
 * kept. The session is read only, ends statements after one second and does not wait for locks
 * longer.
 */
public final class MysqlReader implements DatabaseReader {
  private static final Set<Integer> LOGIN_ERRORS = Set.of(1044, 1045, 1049, 1130, 1698, 1820, 3118);
  private static final Set<Integer> BUSY_ERRORS = Set.of(1040, 1053, 1129, 1203, 1226);

  private final ReaderTarget target;
  private final MysqlStatements statements;
  private final MysqlTables tables;
  private @Nullable MysqlConnection kept;

  public MysqlReader(ReaderTarget target) {
    this.target = target;
    this.statements = new MysqlStatements(target.limits());
    this.tables = new MysqlTables(target.limits());
  }

  @Override
  public DatabaseReading read(Deadline deadline) throws ReadingException {
    MetricSet out = new MetricSet("mysql");
    ReadingParts parts = new ReadingParts();
    boolean complete = false;
    try {
      MysqlSession s = new MysqlSession(connection(deadline), out, parts, target.user());
      Map<String, String> variables = s.pairs("SHOW GLOBAL VARIABLES");
      out.gauge("up", "1 if the server answers, 0 otherwise.", 1);
      out.gauge(
          "info",
          "Version and identity; always 1.",
          1,
          "server_version",
          variables.getOrDefault("version", ""),
          "server_id",
          variables.getOrDefault("server_id", ""),
          "server_uuid",
          variables.getOrDefault("server_uuid", ""));
      new MysqlServerMetrics(s).read(variables);
      statements.read(s, variables);
      tables.read(s, variables, System.nanoTime());
      String help = "1 with the part of the reading that failed, 0 without labels if none did.";
      for (String failed : parts.failures()) {
        out.gauge("scrape_error", help, 1, "error", "", "warning", failed);
      }
      if (parts.failures().isEmpty()) {
        out.gauge("scrape_error", help, 0, "error", "", "warning", "");
      }
      complete = true;
      return new DatabaseReading(
          out.families(), parts.all(), tables.changes(), statements.takeEvents(), s.statements());
    } catch (IOException e) {
      throw failure(e);
    } catch (ScrapeLimitException e) {
      throw new ReadingException(Failure.PROTOCOL, String.valueOf(e.getMessage()), e);
    } finally {
      MysqlConnection c = kept;
      if (c != null && !(complete && c.park())) {
        close();
      }
    }
  }

  private static ReadingException failure(IOException e) {
    Failure kind = Failure.CONNECTION;
    if (e instanceof MysqlException m) {
      kind =
          LOGIN_ERRORS.contains(m.code())
              ? Failure.LOGIN
              : BUSY_ERRORS.contains(m.code()) ? Failure.BUSY : Failure.PROTOCOL;
    } else if (e instanceof SocketTimeoutException
        || String.valueOf(e.getMessage()).contains("timed out")) {
      kind = Failure.TIMEOUT;
    }
    return new ReadingException(kind, String.valueOf(e.getMessage()), e);
  }

  private MysqlConnection connection(Deadline deadline) throws IOException {
    MysqlConnection c = kept;
    if (c != null) {
      c.wake(deadline);
      return c;
    }
    c =
        MysqlConnection.open(
            new MysqlAddress(
                null,
                target.host(),
                target.port(),
                target.user(),
                target.password().password(),
                target.tls(),
                false,
                false),
            deadline);
    kept = c;
    c.query("SET SESSION TRANSACTION READ ONLY");
    c.query("SET SESSION lock_wait_timeout = 1");
    c.query(
        c.isMariadb()
            ? "SET SESSION max_statement_time = 1"
            : "SET SESSION max_execution_time = 1000");
    return c;
  }

  @Override
  public void close() {
    MysqlConnection c = kept;
    kept = null;
    if (c != null) {
      c.close();
    }
  }
}
