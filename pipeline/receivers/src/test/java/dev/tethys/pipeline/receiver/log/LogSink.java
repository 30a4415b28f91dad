package dev.tethys.pipeline.receiver.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** The consumer after a receiver: keeps records that it takes, and answers as configured. */
final class LogSink implements Consumer {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  @GuardedBy("this")
  private final List<LogRecord> records = new ArrayList<>();

  @GuardedBy("this")
  private final List<AckCallback> held = new ArrayList<>();

  @GuardedBy("this")
  private int batches;

  private Function<Integer, Outcome> says = _ -> Outcome.ACCEPTED;
  private boolean holds;

  @GuardedBy("this")
  private final List<Attributes> resources = new ArrayList<>();

  /** Attributes of the first resource. */
  synchronized Attributes firstResource() {
    return resources.getFirst();
  }

  /** Sets the outcome of each batch by its number. */
  LogSink says(Function<Integer, Outcome> outcomes) {
    says = outcomes;
    return this;
  }

  /** Holds outcomes back from now on. */
  LogSink holds() {
    holds = true;
    return this;
  }

  Map<Signal, Consumer> outputs() {
    return Map.of(Signal.LOGS, this);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    Outcome o;
    synchronized (this) {
      o = holds ? null : says.apply(batches);
      batches++;
      if (o == null) {
        held.add(ack);
      } else if (o instanceof Outcome.Accepted) {
        take((LogsData) batch.takeTree());
      }
    }
    if (o != null) {
      ack.complete(o);
    }
  }

  @GuardedBy("this")
  private void take(LogsData d) {
    for (ResourceGroup<LogRecord> g : d.resources()) {
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord r : s.items()) {
          records.add(r);
          resources.add(g.resource().attributes());
        }
      }
    }
  }

  synchronized int batches() {
    return batches;
  }

  synchronized List<LogRecord> records() {
    return List.copyOf(records);
  }

  /** Bodies so far, maps as JSON. */
  List<String> bodies() {
    return records().stream()
        .map(r -> r.body() instanceof String s ? s : JsonValues.write(r.body()))
        .toList();
  }

  /** Waits until {@code count} records have arrived. */
  List<LogRecord> await(int count) {
    await("records: " + bodies(), () -> records().size() >= count);
    List<LogRecord> all = records();
    assertThat(bodies()).hasSize(count);
    return all;
  }

  static void await(String what, BooleanSupplier done) {
    Waiting.await(TIME_LIMIT, () -> what, done);
  }
}
