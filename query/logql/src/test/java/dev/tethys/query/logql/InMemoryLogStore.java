package dev.tethys.query.logql;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Log store in lists, with segments of a few rows. Columns that were not asked for are refused. */
public final class InMemoryLogStore implements LogStore {
  /** A stored row. */
  public record Stored(Labels stream, long time, byte[] body, TreeMap<String, byte[]> metadata) {}

  private final Map<String, List<Stored>> tenants = new TreeMap<>();
  private final int segmentRows;

  /** Number of scanned segments. */
  public int scans;

  /** Number of a segment whose scans fail, as those of a damaged block do. */
  public int damagedSegment = -1;

  /** Whether selections find patterns of rows: the bodies as they are. */
  public boolean findsPatternsOfRows;

  /** Filter of the last scan. */
  public LogFilter lastFilter = LogFilter.NONE;

  /** Columns of the last scan. */
  public LogNeeds lastNeeds = LogNeeds.ALL;

  public InMemoryLogStore(int segmentRows) {
    this.segmentRows = segmentRows;
  }

  /** Stores a row of the default tenant. */
  public void add(Labels stream, long time, String body, String... metadata) {
    TreeMap<String, byte[]> m = new TreeMap<>();
    for (int i = 0; i < metadata.length; i += 2) {
      m.put(metadata[i], metadata[i + 1].getBytes(StandardCharsets.UTF_8));
    }
    tenants
        .computeIfAbsent(Scope.DEFAULT_TENANT, t -> new ArrayList<>())
        .add(new Stored(stream, time, body.getBytes(StandardCharsets.UTF_8), m));
  }

  /** Removes all rows. */
  public void clear() {
    tenants.clear();
  }

  @Override
  public LogAppendResult append(Scope scope, LogBatch batch) {
    List<Stored> rows = tenants.computeIfAbsent(scope.tenant(), t -> new ArrayList<>());
    for (int i = 0; i < batch.rows; i++) {
      TreeMap<String, byte[]> m = new TreeMap<>();
      for (int p = batch.pairStarts[i]; p < batch.pairStarts[i + 1]; p++) {
        m.put(
            batch.names.get(batch.pairNames[p]),
            copy(batch.bytes, batch.valueStarts[p], batch.valueLengths[p]));
      }
      rows.add(
          new Stored(
              batch.streams.get(batch.rowStreams[i]),
              batch.times[i],
              copy(batch.bytes, batch.bodyStarts[i], batch.bodyLengths[i]),
              m));
    }
    return LogAppendResult.stored(batch.rows);
  }

  private static byte[] copy(byte[] b, int from, int length) {
    return java.util.Arrays.copyOfRange(b, from, from + length);
  }

  private List<Stored> rows(Scope scope, List<Matcher> matchers, long from, long to) {
    return tenants.getOrDefault(scope.tenant(), List.of()).stream()
        .filter(r -> r.time >= from && r.time < to)
        .filter(r -> matchers.stream().allMatch(m -> m.matches(r.stream)))
        .toList();
  }

  @Override
  public LogSelection select(Scope scope, List<Matcher> matchers, long from, long to) {
    List<Stored> rows = new ArrayList<>(rows(scope, matchers, from, to));
    Collections.shuffle(rows, new java.util.Random(1));
    rows.sort((a, b) -> Long.compare(a.time / 7, b.time / 7)); // times of segments overlap a bit
    List<Labels> streams =
        new ArrayList<>(new TreeSet<>(rows.stream().map(Stored::stream).toList()));
    List<LogSegment> segments = new ArrayList<>();
    for (int i = 0; i < rows.size(); i += segmentRows) {
      segments.add(
          new Segment(
              segments.size(), streams, rows.subList(i, Math.min(rows.size(), i + segmentRows))));
    }
    return new LogSelection() {
      @Override
      public List<Labels> streams() {
        return streams;
      }

      @Override
      public List<LogSegment> segments() {
        return segments;
      }

      @Override
      public String @Nullable [] patterns(LogBatch rows) {
        if (!findsPatternsOfRows) {
          return null;
        }
        String[] out = new String[rows.rows];
        for (int r = 0; r < out.length; r++) {
          out[r] =
              new String(
                  rows.bytes, rows.bodyStarts[r], rows.bodyLengths[r], StandardCharsets.UTF_8);
        }
        return out;
      }

      @Override
      public void close() {}
    };
  }

  private final class Segment implements LogSegment {
    private final int number;
    private final List<Labels> streams;
    private final List<Stored> rows;

    Segment(int number, List<Labels> streams, List<Stored> rows) {
      this.number = number;
      this.streams = streams;
      this.rows = rows;
    }

    @Override
    public long firstTime() {
      return rows.stream().mapToLong(Stored::time).min().orElseThrow();
    }

    @Override
    public long lastTime() {
      return rows.stream().mapToLong(Stored::time).max().orElseThrow();
    }

    @Override
    public long rows() {
      return rows.size();
    }

    @Override
    public long bytes() {
      return rows.stream().mapToLong(r -> r.body.length).sum();
    }

    @Override
    public List<StreamTotal> totals() {
      List<StreamTotal> out = new ArrayList<>();
      for (int s = 0; s < streams.size(); s++) {
        Labels l = streams.get(s);
        List<Stored> of = rows.stream().filter(r -> r.stream.equals(l)).toList();
        if (!of.isEmpty()) {
          out.add(
              new StreamTotal(
                  s,
                  of.size(),
                  of.stream().mapToLong(r -> r.body.length).sum(),
                  of.stream().mapToLong(Stored::time).min().orElseThrow(),
                  of.stream().mapToLong(Stored::time).max().orElseThrow()));
        }
      }
      return out;
    }

    private List<Stored> fitting(LogFilter filter) {
      return rows.stream()
          .filter(r -> filter.lines().stream().allMatch(l -> l.fits(r.body, 0, r.body.length)))
          .filter(
              r ->
                  filter.metadata().stream()
                      .allMatch(
                          m -> {
                            byte[] v = r.metadata.getOrDefault(m.name(), new byte[0]);
                            return m.matches(v, 0, v.length);
                          }))
          .toList();
    }

    @Override
    public void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer) {
      synchronized (InMemoryLogStore.this) {
        scans++;
        lastFilter = filter;
        lastNeeds = needs;
        if (number == damagedSegment) {
          throw new StorageException(StorageException.Reason.CORRUPT, "block " + number);
        }
      }
      List<Stored> fit = fitting(filter);
      for (int i = 0; i < fit.size(); i += 3) {
        Cancellation.check();
        if (!consumer.accept(
            new Rows(streams, fit.subList(i, Math.min(fit.size(), i + 3)), needs))) {
          return;
        }
      }
    }

    @Override
    public void patterns(LogFilter filter, long step, PatternConsumer counts) {
      for (Stored r : fitting(filter)) {
        String pattern = new String(r.body, StandardCharsets.UTF_8).replaceAll("\\d+", "<_>");
        counts.accept(pattern, streams.indexOf(r.stream), Math.floorDiv(r.time, step) * step, 1);
      }
    }
  }

  private record Rows(List<Labels> streams, List<Stored> rows, LogNeeds needs)
      implements LogRowBatch {
    private static void asked(boolean asked) {
      if (!asked) {
        throw new IllegalStateException("the column was not asked for");
      }
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public long time(int row) {
      asked(needs.times());
      return rows.get(row).time;
    }

    @Override
    public int stream(int row) {
      return streams.indexOf(rows.get(row).stream);
    }

    @Override
    public int bodyLength(int row) {
      asked(needs.lengths() || needs.bodies());
      return rows.get(row).body.length;
    }

    @Override
    public void body(int row, CopyBuffer into) {
      asked(needs.bodies());
      into.add(rows.get(row).body, 0, rows.get(row).body.length);
    }

    @Override
    public boolean metadata(int row, String name, CopyBuffer into) {
      List<String> names = needs.metadata();
      asked(names == null || names.contains(name));
      byte[] v = rows.get(row).metadata.get(name);
      if (v == null) {
        return false;
      }
      into.add(v, 0, v.length);
      return true;
    }

    /** Names with an even number of letters have numbered values. */
    @Override
    public int codedValues(String name) {
      asked(needs.metadata() == null || needs.metadata().contains(name));
      return name.length() % 2 == 1 ? -1 : values(name).size();
    }

    private List<String> values(String name) {
      return rows.stream()
          .filter(r -> r.metadata.containsKey(name))
          .map(r -> new String(r.metadata.get(name), StandardCharsets.ISO_8859_1))
          .distinct()
          .toList();
    }

    @Override
    public void codes(String name, int[] into) {
      List<String> values = values(name);
      for (int i = 0; i < rows.size(); i++) {
        byte[] v = rows.get(i).metadata.get(name);
        into[i] = v == null ? -1 : values.indexOf(new String(v, StandardCharsets.ISO_8859_1));
      }
    }

    @Override
    public void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer) {
      asked(needs.metadata() == null);
      rows.get(row)
          .metadata
          .forEach(
              (n, v) -> {
                into.add(v, 0, v.length);
                consumer.accept(n, into.size - v.length, v.length);
              });
    }
  }

  @Override
  public SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    rows(scope, matchers, from, to).forEach(r -> out.addAll(r.stream.toMap().keySet()));
    return out;
  }

  @Override
  public SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Stored r : rows(scope, matchers, from, to)) {
      if (r.stream.has(name)) {
        out.add(r.stream.get(name));
      }
    }
    return out;
  }

  @Override
  public List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to) {
    return new ArrayList<>(
        new TreeSet<>(rows(scope, matchers, from, to).stream().map(Stored::stream).toList()));
  }

  @Override
  public EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, LogFilter filter, long from, long to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<EventDeletion> deletions(Scope scope) {
    return List.of();
  }

  @Override
  public boolean cancelDeletion(Scope scope, String id) {
    return false;
  }

  @Override
  public SortedSet<String> tenants() {
    return new TreeSet<>(tenants.keySet());
  }

  @Override
  public void close() {}
}
