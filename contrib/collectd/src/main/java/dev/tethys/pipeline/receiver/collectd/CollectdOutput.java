package dev.tethys.pipeline.receiver.collectd;

import dev.tethys.codec.collectd.CollectdTelemetry;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Output of values and notifications. Signals without a pipeline are skipped: a collectd sends both
 * to one address.
 */
record CollectdOutput(@Nullable Consumer metrics, @Nullable Consumer logs) {
  /** Batch with its destination. */
  record Route(Batch batch, Consumer to) {}

  static CollectdOutput of(Map<Signal, Consumer> outputs) {
    return new CollectdOutput(outputs.get(Signal.METRICS), outputs.get(Signal.LOGS));
  }

  /** Batches for the decoded telemetry, which must not be used afterwards. */
  List<Route> routes(CollectdTelemetry t, long lane, Metadata metadata) {
    List<Route> ways = new ArrayList<>();
    if (metrics != null && t.points() > 0) {
      byte[] body = new OtlpWriter().write(t.metrics());
      ways.add(
          new Route(
              new Batch(Signal.METRICS, Encoding.OTLP, body, t.points(), lane, metadata), metrics));
    }
    if (logs != null && t.records() > 0) {
      byte[] body = new OtlpWriter().write(t.logs());
      ways.add(
          new Route(
              new Batch(Signal.LOGS, Encoding.OTLP, body, t.records(), lane, metadata), logs));
    }
    return ways;
  }
}
