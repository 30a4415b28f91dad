package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Database server to read.
 *
 * @param key text that is equal for equal settings; it contains the password, so it is not shown
 * @param labels added to all metrics
 * @param timeout of a reading
 * @param foundBy source that found it, empty for a database of the file
 * @param name in that source
 * @param obstacle why it is not read; null if it is read
 */
record DatabaseTarget(
    String key,
    DatabaseEngine engine,
    ReaderTarget server,
    Map<String, String> labels,
    Duration interval,
    Duration timeout,
    String foundBy,
    String name,
    @Nullable Obstacle obstacle) {
  /** Reason for which a found database is not read, with the remedy. */
  record Obstacle(Status status, String text) {}

  /**
   * Readings of a database.
   *
   * @param timeout of a reading
   */
  record Times(Duration interval, Duration timeout) {}

  /** Target without an obstacle. */
  static DatabaseTarget of(
      DatabaseEngine engine,
      String host,
      int port,
      DatabaseLogin login,
      ReaderTarget.Limits limits,
      Map<String, String> labels,
      Times times) {
    ReaderTarget server =
        new ReaderTarget(
            host, port, login.user(), login.password(), login.database(), login.tls(), limits);
    String key =
        String.join(
            "\0",
            engine.text(),
            server.address(),
            login.key(),
            limits.toString(),
            labels.toString(),
            times.interval().toString(),
            times.timeout().toString());
    return new DatabaseTarget(
        key, engine, server, labels, times.interval(), times.timeout(), "", "", null);
  }

  /** The same target of a source. */
  DatabaseTarget found(String by, String named, @Nullable Obstacle why) {
    return new DatabaseTarget(
        String.join("\0", key, by, named, why == null ? "" : why.text()),
        engine,
        server,
        labels,
        interval,
        timeout,
        by,
        named,
        why);
  }

  /** Without credentials. */
  @Override
  public String toString() {
    return engine + " " + server.address();
  }
}
