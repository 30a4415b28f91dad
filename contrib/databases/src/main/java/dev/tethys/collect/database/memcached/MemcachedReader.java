package dev.tethys.collect.database.memcached;

import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.exposition.MetricFamily;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads a memcached with the metrics of memcached_exporter, which Coroot uses too. Each reading
 * opens a connection and closes it.
 */
public final class MemcachedReader implements DatabaseReader {
  private static final int COMMANDS = 4;

  private final MemcachedServer server;

  public MemcachedReader(ReaderTarget target) {
    this.server = new MemcachedServer(target.address(), Duration.ofMinutes(1), target.tls());
  }

  @Override
  public DatabaseReading read(Deadline deadline) throws ReadingException {
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    List<MetricFamily> families = server.scrape(deadline, failed::set);
    Exception e = failed.get();
    if (e != null) {
      String m = String.valueOf(e.getMessage());
      throw new ReadingException(
          m.contains("timed out")
              ? Failure.TIMEOUT
              : m.contains("answered") ? Failure.PROTOCOL : Failure.CONNECTION,
          m,
          e);
    }
    return new DatabaseReading(
        families, List.of(new DatabaseReading.Part("server", "", "")), List.of(), COMMANDS);
  }

  @Override
  public void close() {}
}
