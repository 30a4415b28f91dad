package dev.tethys.collect.database.redis;

import com.google.re2j.Pattern;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Redis, Valkey, KeyDB or Dragonfly with the metrics of redis_exporter, which Coroot uses
 * too. Each reading opens a connection and closes it.
 */
public final class RedisReader implements DatabaseReader {
  private static final int KEYS_PER_STEP = 1000;
  private static final RedisOptions OPTIONS =
      new RedisOptions(
          "redis",
          "CONFIG",
          true,
          false,
          false,
          false,
          false,
          Map.of(),
          false,
          new RedisOptions.PageContent(
              false,
              true,
              false,
              false,
              Pattern.compile(""),
              true,
              false,
              false,
              false,
              false,
              false,
              true),
          new RedisOptions.Keys(
              List.of(),
              List.of(),
              List.of(),
              List.of(),
              List.of(),
              KEYS_PER_STEP,
              List.of(),
              0,
              false,
              false,
              true));

  private final ReaderTarget target;
  private final LongAdder targetErrors = new LongAdder();
  private final RedisServer server;
  private Secret password = Secret.NONE;

  public RedisReader(ReaderTarget target) {
    this.target = target;
    this.server = new RedisServer(this::address, OPTIONS, Duration.ofMinutes(1), targetErrors);
  }

  private RedisAddress address() {
    String database = target.database();
    return new RedisAddress(
        null,
        target.host(),
        target.port(),
        target.user(),
        password,
        database.isEmpty() ? 0 : Integer.parseInt(database),
        target.tls());
  }

  @Override
  public DatabaseReading read(Deadline deadline) throws ReadingException {
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    List<MetricFamily> families;
    try {
      password = target.password().password();
      families = server.scrape(deadline, failed::set);
    } catch (IOException e) {
      throw new ReadingException(Failure.LOGIN, String.valueOf(e.getMessage()), e);
    }
    Exception e = failed.get();
    if (e != null) {
      throw new ReadingException(kind(e), String.valueOf(e.getMessage()), e);
    }
    return new DatabaseReading(
        families, List.of(new DatabaseReading.Part("server", "", "")), List.of(), 1);
  }

  private static Failure kind(Exception e) {
    String m = String.valueOf(e.getMessage());
    if (e instanceof RedisException) {
      return m.contains("WRONGPASS")
              || m.contains("NOAUTH")
              || m.contains("NOPERM")
              || m.contains("invalid password")
              || m.contains("without any password")
          ? Failure.LOGIN
          : Failure.BUSY;
    }
    return e instanceof SocketTimeoutException || m.contains("timed out")
        ? Failure.TIMEOUT
        : m.contains("protocol") ? Failure.PROTOCOL : Failure.CONNECTION;
  }

  @Override
  public void close() {}
}
