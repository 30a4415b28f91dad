package dev.tethys.pipeline.extension.health;

import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.web.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Health of the graph, its pipelines and their components, aggregated as the worst state of the
 * parts. All components start, run and stop together, except exporters, which report a recoverable
 * error while their remote systems fail.
 */
public final class GraphHealth {
  /** Health states, from best to worst. */
  public enum State {
    OK("StatusOK", 200),
    RECOVERABLE("StatusRecoverableError", 200),
    STARTING("StatusStarting", 503),
    STOPPING("StatusStopping", 503);

    public final String word;
    final int http;

    State(String word, int http) {
      this.word = word;
      this.http = http;
    }
  }

  /**
   * Status of a component or pipeline.
   *
   * @param error "" for none
   * @param millis time of the last change in Unix milliseconds
   * @param late whether an error has lasted longer than allowed
   * @param parts statuses of its parts, of which it is the worst
   */
  public record Status(
      State state, String error, long millis, boolean late, Map<String, Status> parts) {
    /** Whether no part needs attention. */
    public boolean healthy() {
      return state == State.OK || state == State.RECOVERABLE && !late;
    }

    int http() {
      return state == State.RECOVERABLE && late ? 500 : state.http;
    }

    void write(Json j, boolean all) {
      j.key("healthy").raw(Boolean.toString(healthy()));
      j.key("status").text(state.word);
      if (!error.isEmpty()) {
        j.key("error").text(error);
      }
      j.key("status_time").text(time(millis));
      if (all && !parts.isEmpty()) {
        j.key("components").open('{');
        parts.forEach(
            (name, s) -> {
              j.key(name).open('{');
              s.write(j, true);
              j.close('}');
            });
        j.close('}');
      }
    }
  }

  private record Failure(String error, long sinceMillis) {}

  private final @Nullable Duration recovery;
  private final LongSupplier clock;
  private final long started;
  private volatile RunningGraph graph = RunningGraph.NONE;
  private volatile Supplier<List<ExporterHealth>> exporters = List::of;
  private volatile State state = State.STARTING;
  private volatile long stateAt;

  /** Failures of exporters, by signal and id. */
  private volatile Map<String, Failure> failures = Map.of();

  /**
   * @param recovery time after which a failing exporter makes the process unhealthy; null for never
   * @param clock Unix milliseconds
   */
  public GraphHealth(@Nullable Duration recovery, LongSupplier clock) {
    this.recovery = recovery;
    this.clock = clock;
    this.started = clock.getAsLong();
    this.stateAt = started;
  }

  /** Formats a time in RFC 3339. */
  static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** Returns the start of the checks in Unix milliseconds. */
  public long started() {
    return started;
  }

  /** Sets the running graph. */
  public void runs(RunningGraph now) {
    graph = now;
  }

  /** Sets the source of exporter health. */
  public void watchExporters(Supplier<List<ExporterHealth>> now) {
    exporters = now;
  }

  /** Sets the state of the graph. */
  public void become(State s) {
    if (state != s) {
      stateAt = clock.getAsLong();
      state = s;
    }
  }

  private static String key(String signal, ComponentId id) {
    return signal + " " + id;
  }

  /** Updates the health of exporters. Not concurrent. */
  public void refresh() {
    long now = clock.getAsLong();
    Map<String, Failure> found = new HashMap<>();
    for (ExporterHealth e : exporters.get()) {
      if (!e.error().isEmpty()) {
        String key = key(e.signal().name().toLowerCase(Locale.ROOT), e.id());
        Failure before = failures.get(key);
        long since = before == null ? now - e.waitsMillis() : before.sinceMillis;
        found.put(key, new Failure(e.error(), since));
      }
    }
    failures = Map.copyOf(found);
  }

  /** Returns the overall status. */
  public Status whole() {
    RunningGraph g = graph;
    Map<String, Status> parts = new LinkedHashMap<>();
    if (!g.extensions().isEmpty()) {
      Map<String, Status> own = new LinkedHashMap<>();
      g.extensions().forEach(id -> own.put("extension:" + id, plain()));
      parts.put("extensions", worst(own));
    }
    Set<ComponentId> connectors = connectors(g);
    g.pipelines().forEach(p -> parts.put("pipeline:" + p.id(), of(p, connectors)));
    return worst(parts);
  }

  /** Status of a pipeline; null if there is none with that name. */
  @Nullable Status pipeline(String name) {
    RunningGraph g = graph;
    Set<ComponentId> connectors = connectors(g);
    for (RunningGraph.Pipeline p : g.pipelines()) {
      if (p.id().toString().equals(name)) {
        return of(p, connectors);
      }
    }
    return null;
  }

  /** Connectors of a graph, which end one pipeline and start another. */
  private static Set<ComponentId> connectors(RunningGraph g) {
    Set<ComponentId> out = new TreeSet<>();
    g.pipelines().forEach(p -> out.addAll(p.exporters()));
    Set<ComponentId> begins = new TreeSet<>();
    g.pipelines().forEach(p -> begins.addAll(p.receivers()));
    out.retainAll(begins);
    return out;
  }

  private Status plain() {
    return new Status(state, "", stateAt, false, Map.of());
  }

  private Status of(RunningGraph.Pipeline p, Set<ComponentId> connectors) {
    Map<String, Status> parts = new LinkedHashMap<>();
    p.receivers().forEach(id -> parts.put(kind("receiver", id, connectors), plain()));
    p.processors().forEach(id -> parts.put("processor:" + id, plain()));
    String signal = p.id().signal().name().toLowerCase(Locale.ROOT);
    for (ComponentId id : p.exporters()) {
      Failure f = connectors.contains(id) ? null : failures.get(key(signal, id));
      boolean late =
          f != null && recovery != null && clock.getAsLong() - f.sinceMillis >= recovery.toMillis();
      parts.put(
          kind("exporter", id, connectors),
          f == null || state != State.OK
              ? plain()
              : new Status(State.RECOVERABLE, f.error, f.sinceMillis, late, Map.of()));
    }
    return worst(parts);
  }

  private static String kind(String word, ComponentId id, Set<ComponentId> connectors) {
    return (connectors.contains(id) ? "connector" : word) + ":" + id;
  }

  private Status worst(Map<String, Status> parts) {
    Status worst = plain();
    for (Status s : parts.values()) {
      int by = s.state.compareTo(worst.state);
      if (by > 0 || by == 0 && s.late && !worst.late) {
        worst = s;
      }
    }
    return new Status(worst.state, worst.error, worst.millis, worst.late, parts);
  }
}
