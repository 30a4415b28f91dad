package dev.tethys.collect.database.reader;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Server to read, with login and limits.
 *
 * @param user empty for none
 * @param database that the connection opens, empty for the default of the engine
 * @param tls null for a plain connection
 */
public record ReaderTarget(
    String host,
    int port,
    String user,
    PasswordSource password,
    String database,
    @Nullable TlsConfig tls,
    Limits limits) {
  /** Password of a login; read again at each login, so that a new one takes effect. */
  @FunctionalInterface
  public interface PasswordSource {
    /**
     * The password, empty if none.
     *
     * @throws IOException if its file or variable cannot be read
     */
    Secret password() throws IOException;
  }

  /**
   * Parts of a reading that are optional, and their bounds.
   *
   * @param excluded databases whose tables are not read
   * @param sizes whether sizes of databases and tables are read
   * @param bloat whether unused space of tables and indexes is estimated
   * @param changes whether definitions of tables and settings are compared between readings
   * @param maxTables databases with more tables have no metrics of tables
   * @param tables minimum time between two readings of the tables of a database
   * @param textInLabels whether the label {@code query} is the text of the statement, not its
   *     fingerprint
   * @param statements plans and samples of statements
   */
  public record Limits(
      Set<String> excluded,
      boolean sizes,
      boolean bloat,
      boolean changes,
      int maxTables,
      Duration tables,
      boolean textInLabels,
      StatementRecords statements) {
    /** Databases that hold data of the servers themselves. */
    public static final Set<String> SYSTEM =
        Set.of("postgres", "mysql", "information_schema", "performance_schema", "sys");

    /** Limits without configuration. */
    public static final Limits DEFAULT =
        new Limits(
            SYSTEM, true, true, true, 1000, Duration.ofMinutes(1), false, StatementRecords.NONE);

    /** Limits without plans and samples of statements. */
    public Limits(
        Set<String> excluded,
        boolean sizes,
        boolean bloat,
        boolean changes,
        int maxTables,
        Duration tables,
        boolean textInLabels) {
      this(excluded, sizes, bloat, changes, maxTables, tables, textInLabels, StatementRecords.NONE);
    }

    public Limits {
      excluded = Set.copyOf(excluded);
    }
  }

  /**
   * Records about statements that are read besides metrics.
   *
   * @param plans whether the busiest statements are explained
   * @param samples whether slow calls are reported
   * @param slow duration from which a call is slow
   */
  public record StatementRecords(boolean plans, boolean samples, Duration slow) {
    /** No plans and no samples. */
    public static final StatementRecords NONE =
        new StatementRecords(false, false, Duration.ofSeconds(1));
  }

  /** Value of the label {@code address}. */
  public String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** Without credentials. */
  @Override
  public String toString() {
    return address();
  }
}
