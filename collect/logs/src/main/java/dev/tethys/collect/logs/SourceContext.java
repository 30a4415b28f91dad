package dev.tethys.collect.logs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Dependencies shared by sources: entry receiver, relabelling, clock. Thread-safe. */
public final class SourceContext {
  /** Maximum number of label sets for which the relabeling result is cached. */
  private static final int MAX_REMEMBERED = 2000;

  private final String job;
  private final EntrySink sink;

  @GuardedBy("remembered")
  private Relabeling relabeling;

  private final Cursors positions;
  private final SourceMetrics metrics;
  private final InstantSource clock;
  private final EntryClock entryClock;
  private final HttpClientFactory http;
  private final Map<Labels, Optional<Labels>> remembered = BoundedMap.byUse(MAX_REMEMBERED);

  /**
   * Context shared by the sources of a job.
   *
   * @param relabeling rules applied to the labels of each entry
   */
  public SourceContext(
      String job,
      EntrySink sink,
      Relabeling relabeling,
      Cursors positions,
      SourceMetrics metrics,
      InstantSource clock,
      HttpClientFactory http) {
    this.job = job;
    this.sink = sink;
    this.relabeling = relabeling;
    this.positions = positions;
    this.metrics = metrics;
    this.clock = clock;
    this.entryClock = new EntryClock(clock);
    this.http = http;
  }

  public String job() {
    return job;
  }

  public Cursors positions() {
    return positions;
  }

  public SourceMetrics metrics() {
    return metrics;
  }

  public InstantSource clock() {
    return clock;
  }

  public HttpClientFactory http() {
    return http;
  }

  /** A time for an entry without one, nanoseconds since 1970; unique. */
  public long now() {
    synchronized (entryClock) {
      return entryClock.next();
    }
  }

  /** Other rules from now on. */
  public void relabel(Relabeling by) {
    synchronized (remembered) {
      relabeling = by;
      remembered.clear();
    }
  }

  /**
   * Labels after relabeling: without names starting with {@code __}, except the tenant's.
   *
   * @return null if a rule drops the entry
   */
  public @Nullable Labels relabeled(Labels discovered) {
    synchronized (remembered) {
      Optional<Labels> known = remembered.get(discovered);
      if (known == null) {
        known = relabel(discovered);
        remembered.put(discovered, known);
      }
      return known.orElse(null);
    }
  }

  @GuardedBy("remembered")
  private Optional<Labels> relabel(Labels discovered) {
    LabelsBuilder b = discovered.toBuilder();
    if (!relabeling.apply(b)) {
      return Optional.empty();
    }
    for (String name : b.names()) {
      if (name.startsWith("__") && !name.equals(LogEntry.TENANT_LABEL)) {
        b.remove(name);
      }
    }
    return Optional.of(b.build());
  }

  /** Passes an entry on; waits while later stages are slow. */
  public void accept(LogEntry entry) throws InterruptedException {
    sink.accept(entry);
  }

  /**
   * Passes an entry on; waits at most for the limit while other sources wait for slow later stages.
   *
   * @return whether it was accepted
   */
  public boolean offer(LogEntry entry, Duration limit) throws InterruptedException {
    return sink.offer(entry, limit);
  }
}
