package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.model.telemetry.LogRecord;

/** Log records about changes of databases, as Coroot's cluster agent sends them, and statements. */
final class DatabaseRecords {
  /** Service name of changes of definitions and settings. */
  static final String CHANGES = "DatabaseChanges";

  /** Service name of plans and samples of statements. */
  static final String STATEMENTS = "DatabaseStatements";

  private static final int INFO = 9;
  private static final int WARN = 13;

  private DatabaseRecords() {}

  /**
   * Passes the changes and events of a reading on.
   *
   * @param millis time of the reading, Unix milliseconds
   */
  static void send(DatabaseTarget target, DatabaseReading reading, long millis, RecordSink to) {
    reading.changes().forEach(c -> to.take(CHANGES, of(target, c, millis)));
    reading.events().forEach(e -> to.take(STATEMENTS, of(target, e, millis)));
  }

  private static LogRecord of(
      DatabaseTarget target, String database, String body, boolean warning, long millis) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(millis * 1_000_000);
    r.setSeverityNumber(warning ? WARN : INFO);
    r.setSeverityText(warning ? "Warn" : "Info");
    r.setBody(body);
    r.attributes().put("db.system", target.engine().system());
    r.attributes().put("db.target", target.server().address());
    r.attributes().put("db.name", database);
    return r;
  }

  /** Log record of a change. */
  static LogRecord of(DatabaseTarget target, DatabaseChange change, long millis) {
    LogRecord r = of(target, change.database(), change.difference(), false, millis);
    r.attributes().put("db_change.object", change.object());
    r.attributes().put("db_change.type", DatabaseChange.TYPE);
    return r;
  }

  /** Log record of a plan or sample. */
  static LogRecord of(DatabaseTarget target, StatementEvent event, long millis) {
    boolean warning =
        switch (event.kind()) {
          case PLAN_CHANGED, PLAN_FAILED -> true;
          case PLAN, SAMPLE -> false;
        };
    LogRecord r = of(target, event.database(), event.body(), warning, millis);
    r.setEventName(event.kind().text());
    r.attributes().put("event.name", event.kind().text());
    r.attributes().put("db.statement.fingerprint", event.fingerprint());
    event.attributes().forEach((name, value) -> r.attributes().put(name, value));
    return r;
  }
}
