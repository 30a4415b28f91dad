package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.reader.ReadingParts;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a server of MongoDB under the names of Coroot's cluster agent, over one connection that is
 * kept. Only the server of the address is read, also if it is a member of a replica set.
 */
public final class MongoReader implements DatabaseReader {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Set<Integer> LOGIN_ERRORS = Set.of(18, 11, 8000);
  private static final int UNAUTHORIZED = 13;
  private static final Set<Integer> NO_REPLICATION = Set.of(76, 94, 59);

  private final ReaderTarget target;
  private final MongoSizes sizes;
  private final MongoProfiler profiler;
  private final MongoDefinitions definitions;
  private @Nullable MongoConnection kept;
  private @Nullable MongoUri uri;

  public MongoReader(ReaderTarget target) {
    this.target = target;
    this.sizes = new MongoSizes(target.limits());
    this.profiler = new MongoProfiler(target.limits().textInLabels());
    this.definitions = new MongoDefinitions(target.limits());
  }

  @Override
  public DatabaseReading read(Deadline deadline) throws ReadingException {
    MetricSet out = new MetricSet("mongo");
    ReadingParts parts = new ReadingParts();
    boolean complete = false;
    try {
      MongoConnection c = connection(deadline);
      out.gauge("up", "1 if the server answers, 0 otherwise.", 1);
      part(parts, "version", () -> version(c, out));
      part(parts, "status", () -> MongoServerMetrics.add(status(c), out));
      part(parts, "replica set", () -> replication(c, out));
      part(parts, "oplog", () -> MongoServerMetrics.addOplog(c, out));
      long nanos = System.nanoTime();
      boolean text = target.limits().textInLabels();
      part(parts, "operations", () -> MongoOperations.read(c, text, out));
      part(parts, "profiler", () -> profiler.read(c, out, nanos));
      if (definitions.isDue(nanos)) {
        part(parts, "indexes and parameters", () -> definitions.read(c, nanos));
      }
      part(parts, "sizes", () -> sizes.read(c, System.nanoTime()));
      sizes.addTo(out);
      String help = "1 with the part of the reading that failed, 0 without labels if none did.";
      for (String failed : parts.failures()) {
        out.gauge("scrape_error", help, 1, "error", "", "warning", failed);
      }
      if (parts.failures().isEmpty()) {
        out.gauge("scrape_error", help, 0, "error", "", "warning", "");
      }
      complete = true;
      return new DatabaseReading(
          out.families(), parts.all(), definitions.take(), parts.all().size());
    } catch (MongoException e) {
      throw new ReadingException(
          LOGIN_ERRORS.contains(e.code()) ? Failure.LOGIN : Failure.PROTOCOL,
          String.valueOf(e.getMessage()),
          e);
    } catch (IOException e) {
      String m = String.valueOf(e.getMessage());
      throw new ReadingException(
          m.contains("timed out") ? Failure.TIMEOUT : Failure.CONNECTION, m, e);
    } catch (IllegalArgumentException | ScrapeLimitException e) {
      throw new ReadingException(Failure.PROTOCOL, String.valueOf(e.getMessage()), e);
    } finally {
      MongoConnection c = kept;
      if (c != null && !(complete && c.park())) {
        close();
      }
    }
  }

  /** Statements of a part. */
  @FunctionalInterface
  private interface Body {
    void read() throws IOException;
  }

  private void part(ReadingParts parts, String name, Body body) throws IOException {
    try {
      body.read();
      parts.succeeded(name);
    } catch (MongoException e) {
      parts.failed(
          name,
          String.valueOf(e.getMessage()),
          e.code() == UNAUTHORIZED
              ? "db.grantRolesToUser('"
                  + target.user()
                  + "', ['clusterMonitor', 'readAnyDatabase', {role: 'read', db: 'local'}])"
              : "");
    }
  }

  private MongoConnection connection(Deadline deadline) throws IOException {
    MongoConnection c = kept;
    MongoUri known = uri;
    if (c != null && known != null) {
      if (MongoTopology.wake(c, known, CONNECT, deadline)) {
        return c;
      }
      close();
    }
    MongoUri next = uri(target.password().password());
    uri = next;
    c = MongoTopology.connect(next, true, CONNECT, deadline, _ -> null);
    kept = c;
    return c;
  }

  private MongoUri uri(Secret password) {
    StringBuilder sb = new StringBuilder("mongodb://").append(target.address()).append("/?");
    sb.append("directConnection=true&appName=tethys-cluster-agent&authSource=");
    sb.append(
        URLEncoder.encode(
            target.database().isEmpty() ? "admin" : target.database(), StandardCharsets.UTF_8));
    TlsConfig tls = target.tls();
    if (tls != null) {
      sb.append("&tls=true&tlsInsecure=").append(tls.insecureSkipVerify());
      if (!tls.caFile().isEmpty()) {
        sb.append("&tlsCAFile=").append(URLEncoder.encode(tls.caFile(), StandardCharsets.UTF_8));
      }
      if (!tls.certFile().isEmpty()) {
        sb.append("&tlsCertificateFile=")
            .append(URLEncoder.encode(tls.certFile(), StandardCharsets.UTF_8))
            .append("&tlsPrivateKeyFile=")
            .append(URLEncoder.encode(tls.keyFile(), StandardCharsets.UTF_8));
      }
    }
    MongoUri parsed = MongoUri.parse(sb.toString());
    return target.user().isEmpty() ? parsed : parsed.withLogin(target.user(), password);
  }

  private static void version(MongoConnection c, MetricSet out) throws IOException {
    Document info = c.command("admin", Document.of("buildInfo", 1));
    out.gauge(
        "info",
        "Version; always 1.",
        1,
        "server_version",
        info.text("version"),
        "flavor",
        info.at("psmdbVersion") == null ? "mongodb" : "percona");
  }

  private static Document status(MongoConnection c) throws IOException {
    return c.command("admin", Document.of("serverStatus", 1, "repl", 0, "locks", 0, "sharding", 0));
  }

  private static void replication(MongoConnection c, MetricSet out) throws IOException {
    try {
      MongoServerMetrics.addReplication(
          c.command("admin", Document.of("replSetGetStatus", 1)), out);
      MongoServerMetrics.addConfiguration(
          c.command("admin", Document.of("replSetGetConfig", 1)), out);
    } catch (MongoException e) {
      if (!NO_REPLICATION.contains(e.code())) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    MongoConnection c = kept;
    kept = null;
    if (c != null) {
      c.close();
    }
  }
}
