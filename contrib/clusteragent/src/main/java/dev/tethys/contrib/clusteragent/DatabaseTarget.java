package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget;
import java.time.Duration;
import java.util.Map;

/**
 * Database server to read.
 *
 * @param key text that is equal for equal settings; it contains the password, so it is not shown
 * @param labels added to all metrics
 * @param timeout of a reading
 */
record DatabaseTarget(
    String key,
    DatabaseEngine engine,
    ReaderTarget server,
    Map<String, String> labels,
    Duration interval,
    Duration timeout) {
  /** Without credentials. */
  @Override
  public String toString() {
    return engine + " " + server.address();
  }
}
