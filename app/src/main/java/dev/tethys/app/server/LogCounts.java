package dev.tethys.app.server;

import dev.tethys.codec.loki.LogLevels;
import dev.tethys.codec.loki.StreamEnrichment;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogAppendResult.Refusal;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.query.logql.exec.TailedLogStore;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of stored entries by tenant, service and level, and of rejected entries by service and
 * limit. The number of services is bounded, because senders choose their names. These metrics are
 * visible to everyone, so services have names only where no tenants are used.
 */
final class LogCounts implements TailedLogStore.Listener {
  /** Services with their own metrics; further ones count as {@link #OTHER}. */
  static final int MAX_SERVICES = 1000;

  private static final String OTHER = "other";
  private static final List<String> LEVELS =
      List.of("trace", "debug", "info", "warn", "error", "critical", "fatal", LogLevels.UNKNOWN);
  private static final byte[][] LEVEL_BYTES =
      LEVELS.stream().map(l -> l.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);

  final Vector<Counter> entries;
  final Vector<Counter> bytes;
  final Vector<Counter> refused;
  private final Map<Service, @Nullable Counter[]> counters = new ConcurrentHashMap<>();

  private record Service(String tenant, String name) {}

  LogCounts(Registry registry) {
    entries =
        registry.counters(
            "tethys_logs_entries_total",
            "Stored log entries by service and level.",
            "tenant",
            "service_name",
            "level");
    bytes =
        registry.counters(
            "tethys_logs_bytes_total",
            "Bytes of the lines of stored log entries by service and level.",
            "tenant",
            "service_name",
            "level");
    refused =
        registry.counters(
            "tethys_logs_refused_entries_total",
            "Log entries that a limit refused, by service and limit.",
            "tenant",
            "service_name",
            "reason");
  }

  @Override
  public void appended(String tenant, LogBatch batch, LogAppendResult result) {
    int streams = batch.streams.size();
    long[][] sums = new long[streams][];
    int levelName = batch.names.indexOf(LogLevels.LABEL);
    int levels = LEVELS.size();
    for (int r = 0; r < batch.rows; r++) {
      if (result.isRefused(r)) {
        continue;
      }
      long[] sum = sums[batch.rowStreams[r]];
      if (sum == null) {
        sum = new long[2 * levels];
        sums[batch.rowStreams[r]] = sum;
      }
      int level = level(batch, r, levelName);
      sum[level]++;
      sum[levels + level] += batch.bodyLengths[r];
    }
    for (int s = 0; s < streams; s++) {
      if (sums[s] != null) {
        Service service = service(tenant, batch, s);
        for (int i = 0; i < sums[s].length; i++) {
          if (sums[s][i] > 0) {
            counter(service, i).add(sums[s][i]);
          }
        }
      }
    }
    for (Refusal f : result.refusals()) {
      Service service = service(tenant, batch, f.stream());
      refused.with(service.tenant, service.name, f.limit()).add(f.entries());
    }
  }

  private static int level(LogBatch batch, int row, int name) {
    for (int p = batch.pairStarts[row]; name >= 0 && p < batch.pairStarts[row + 1]; p++) {
      if (batch.pairNames[p] == name) {
        int from = batch.valueStarts[p];
        int length = batch.valueLengths[p];
        for (int l = 0; l < LEVEL_BYTES.length; l++) {
          byte[] b = LEVEL_BYTES[l];
          if (b.length == length
              && batch.bytes[from] == b[0]
              && Arrays.equals(batch.bytes, from, from + length, b, 0, length)) {
            return l;
          }
        }
      }
    }
    return LEVEL_BYTES.length - 1;
  }

  private Service service(String tenant, LogBatch batch, int stream) {
    String name = "";
    if (tenant.equals(Scope.DEFAULT_TENANT)) {
      String label = batch.streams.get(stream).get(StreamEnrichment.SERVICE_NAME);
      name = label.isEmpty() ? StreamEnrichment.UNKNOWN_SERVICE : label;
    }
    Service s = new Service(tenant, name);
    return counters.containsKey(s) || counters.size() < MAX_SERVICES
        ? s
        : new Service(OTHER, OTHER);
  }

  /**
   * Returns the counter of entries by level, followed by the counter of bytes; created on demand.
   */
  private Counter counter(Service s, int i) {
    @Nullable Counter[] all =
        counters.computeIfAbsent(s, k -> new @Nullable Counter[2 * LEVELS.size()]);
    Counter c = all[i];
    if (c == null) {
      Vector<Counter> of = i < LEVELS.size() ? entries : bytes;
      c = of.with(s.tenant, s.name, LEVELS.get(i % LEVELS.size()));
      all[i] = c; // another thread finds the same counter
    }
    return c;
  }
}
