package dev.tethys.pipeline.graph;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Way of one log record or span through the graph: the first matching one after a receiver is found
 * again at each edge by its identity, which components keep.
 *
 * <p>A span is identified by its trace and span id, a log record by its times, trace and span id.
 * Batches are read only while a trail is open, within {@link #BUDGET_NANOS} of time; further
 * batches are counted as unread.
 */
public final class RecordTrail implements AutoCloseable {
  /** Maximum reading time per second, on the threads of the pipeline. */
  static final long BUDGET_NANOS = 100_000_000;

  private static final int MAX_HOPS = 100;
  private static final long SECOND = 1_000_000_000;

  /**
   * Record to follow.
   *
   * @param contains text within the record or its resource; "" for any record
   * @param seen maps a text to its visible form: masked text is not found
   */
  public record Start(Signal signal, String contains, UnaryOperator<String> seen) {
    private boolean isIn(String text) {
      return text.contains(contains) && seen.apply(text).contains(contains);
    }
  }

  /**
   * Edge traversed by the record.
   *
   * @param millis time since the first edge in milliseconds
   * @param batchItems items of the batch in which it passed
   * @param record the record only, with its resource and scope
   */
  public record Hop(
      String edge,
      String from,
      String to,
      boolean toExporter,
      long millis,
      int batchItems,
      Telemetry<?> record) {}

  private final Start start;
  private final Scheduler clock;
  private final Runnable onClose;

  @GuardedBy("this")
  private final List<Hop> hops = new ArrayList<>();

  @GuardedBy("this")
  private OneRecord.@Nullable Identity wanted;

  @GuardedBy("this")
  private long firstNanos;

  @GuardedBy("this")
  private long second;

  @GuardedBy("this")
  private long spent; // nanoseconds of the second

  @GuardedBy("this")
  private long notRead; // batches

  RecordTrail(Start start, Scheduler clock, Runnable onClose) {
    this.start = start;
    this.clock = clock;
    this.onClose = onClose;
  }

  /** Searches for the record in a batch on an edge; blocks only on other readers. */
  void pass(Edge edge, Batch batch) {
    if (batch.signal() != start.signal() || batch.encoding() != Encoding.OTLP) {
      return;
    }
    synchronized (this) {
      boolean entry = edge.key.from().kind() == ComponentKind.RECEIVER;
      if (wanted == null && !entry || hops.size() >= MAX_HOPS) {
        return;
      }
      long begin = System.nanoTime();
      if (begin - second >= SECOND) {
        second = begin;
        spent = 0;
      }
      if (spent >= BUDGET_NANOS) {
        notRead++;
        return;
      }
      Telemetry<?> found = find(batch);
      if (found != null) {
        long now = clock.nanos();
        firstNanos = hops.isEmpty() ? now : firstNanos;
        hops.add(
            new Hop(
                edge.key.toString(),
                edge.key.from().toString(),
                edge.key.to().toString(),
                edge.key.to().kind() == ComponentKind.EXPORTER,
                (now - firstNanos) / 1_000_000,
                batch.items(),
                found));
      }
      spent += System.nanoTime() - begin;
    }
  }

  /** Returns only the record, or null if it is not in the batch. */
  @GuardedBy("this")
  private @Nullable Telemetry<?> find(Batch batch) {
    Telemetry<?> tree;
    try {
      tree = batch.takeTree();
    } catch (CodecException e) {
      return null;
    }
    try {
      return find(tree);
    } finally {
      batch.keepTree(tree);
    }
  }

  @GuardedBy("this")
  private @Nullable Telemetry<?> find(Telemetry<?> tree) {
    for (ResourceGroup<?> r : tree.resources()) {
      boolean inResource = wanted == null && start.isIn(r.resource().attributes().toString());
      for (ScopeGroup<?> s : r.scopes()) {
        for (Object item : s.items()) {
          OneRecord.Identity id = OneRecord.identity(r, item);
          if (id == null || item instanceof Metric) {
            continue;
          }
          boolean match = wanted != null ? id.equals(wanted) : inResource || start.isIn(text(item));
          if (match) {
            wanted = id;
            return OneRecord.of(r, s, item);
          }
        }
      }
    }
    return null;
  }

  private static String text(Object item) {
    return switch (item) {
      case Span s -> s.name() + " " + s.attributes();
      case LogRecord l -> l.body() + " " + l.attributes();
      default -> "";
    };
  }

  /** Returns the edges traversed by the record so far. */
  public synchronized List<Hop> hops() {
    return List.copyOf(hops);
  }

  /** Batches that were not read, because reading had used its share of time. */
  public synchronized long notRead() {
    return notRead;
  }

  @Override
  public void close() {
    onClose.run();
  }
}
