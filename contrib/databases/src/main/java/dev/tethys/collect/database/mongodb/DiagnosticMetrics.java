package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;

/** Metrics of the server's diagnostic data, getDiagnosticData. */
final class DiagnosticMetrics {
  private static final System.Logger LOG = JulLogger.of(DiagnosticMetrics.class.getName());
  private static final String STATUS = "serverStatus";
  private static final String LOCKS = "locks";
  private static final String TRANSITION = "ReplicationStateTransition";

  /**
   * Lock with its own metric.
   *
   * @param resource resource as it appears in the label
   */
  private record Lock(String metric, String what, String kind, String mode, String resource) {}

  /**
   * Lock metrics of mongodb_exporter, including its resource and counts of the two irregular ones.
   */
  private static final List<Lock> LOCK_METRICS =
      List.of(
          count("ParallelBatchWriterMode", "r", "ParallelBatchWriterMode"),
          count("ParallelBatchWriterMode", "w", TRANSITION),
          count(TRANSITION, "w", TRANSITION),
          new Lock("acquireWaitCount", TRANSITION, "acquireCount", "W", TRANSITION),
          new Lock("timeAcquiringMicros", TRANSITION, "timeAcquiringMicros", "w", TRANSITION),
          count("Global", "r", "Global"),
          count("Global", "w", "Global"),
          count("Global", "W", "Global"));

  private static Lock count(String what, String mode, String resource) {
    return new Lock("acquireCount", what, "acquireCount", mode, resource);
  }

  private final ServerScrape scrape;

  DiagnosticMetrics(ServerScrape scrape) {
    this.scrape = scrape;
  }

  void collect() throws IOException {
    boolean oldNames = scrape.options().oldNames();
    Document data = Document.of();
    try {
      data = data();
    } catch (MongoException e) {
      // An arbiter without users refuses it to all clients.
      Level level = scrape.role() == ServerRole.ARBITER ? Level.DEBUG : Level.WARNING;
      LOG.log(level, "mongodb at {0}: {1}", scrape.connection().host(), e.getMessage());
    }
    if (!data.fields().isEmpty()) {
      new DocumentMetrics(scrape.out(), oldNames, scrape.options().details().histograms())
          .add("", data, scrape.labels());
      locks(data);
      encryption();
    }
    if (oldNames) {
      new LegacyMetrics(scrape).collect(data);
    }
  }

  /** Merges the parts that MongoDB 8 and later return for the roles of a process. */
  private Document data() throws IOException {
    Document data = scrape.admin(Document.of("getDiagnosticData", 1)).document("data");
    if (data == null) {
      throw new IOException("getDiagnosticData gives no data");
    }
    if (!data.fields().containsKey("common")) {
      return data;
    }
    Document all = Document.of();
    for (Object part : data.fields().values()) {
      all = part instanceof Document d ? all.with(d) : all;
    }
    return all;
  }

  private void locks(Document data) {
    for (Lock l : LOCK_METRICS) {
      Double v = DocumentMetrics.number(data.at(STATUS, LOCKS, l.what, l.kind, l.mode));
      if (v != null) {
        String name = "mongodb_ss_locks_" + l.metric;
        scrape.out().untyped(name, name, v, "lock_mode", l.mode, "resource", l.resource);
      }
    }
  }

  private void encryption() throws IOException {
    Document security;
    try {
      security = scrape.admin(Document.of("getCmdLineOpts", 1)).document("parsed", "security");
    } catch (MongoException e) {
      return;
    }
    if (security == null || !security.fields().containsKey("enableEncryption")) {
      return;
    }
    String type =
        security.fields().containsKey("encryptionKeyFile")
            ? "localKeyFile"
            : security.fields().containsKey("vault")
                ? "vault"
                : security.fields().containsKey("kmip") ? "kmip" : "";
    scrape
        .out()
        .gauge(
            "mongodb_security_encryption_enabled",
            "Shows that encryption is enabled",
            1,
            "type",
            type);
  }
}
