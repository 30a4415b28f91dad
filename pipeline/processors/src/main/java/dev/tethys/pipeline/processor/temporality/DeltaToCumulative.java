package dev.tethys.pipeline.processor.temporality;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The {@code deltatocumulative} processor: delta sums and histograms are added up. */
public final class DeltaToCumulative {
  /** Reason for removed points. */
  static final String NOT_ADDED = "not_added";

  /** The most streams that can be configured and the default. */
  public static final int MAX_STREAMS = 1_000_000;

  /** Default time after which an idle stream is dropped. */
  public static final Duration DEFAULT_MAX_STALE = Duration.ofMinutes(5);

  private static final Section SECTION =
      new Section("deltatocumulative", "Converts delta metrics to cumulative ones.");
  private static final Key<Duration> MAX_STALE =
      SECTION.key(
          "max_stale",
          Type.DURATION,
          DEFAULT_MAX_STALE,
          "Time without a point after which a stream is removed.");
  private static final Key<Long> STREAMS =
      SECTION.key(
          "max_streams", Type.UINT, (long) MAX_STREAMS, "Maximum number of tracked streams.");

  /** The settings. */
  public record Settings(Duration maxStale, int maxStreams) {}

  private DeltaToCumulative() {}

  public static ProcessorFactory<Settings> factory() {
    return new TreeEditorFactory<>(
        "deltatocumulative",
        List.of("delta_to_cumulative"),
        "Turns deltas into cumulative metrics.",
        SECTION.type(
            o -> {
              if (o.get(MAX_STALE).isNegative() || o.get(MAX_STALE).isZero()) {
                throw o.error(MAX_STALE, "must be positive");
              }
              if (Long.compareUnsigned(o.get(STREAMS), MAX_STREAMS) > 0) {
                throw o.error(STREAMS, "is at most " + MAX_STREAMS);
              }
              return new Settings(o.get(MAX_STALE), (int) (long) o.get(STREAMS));
            }),
        Set.of(Signal.METRICS),
        NOT_ADDED,
        (s, _, context) -> {
          DeltaSums sums = new DeltaSums(s.maxStale(), s.maxStreams());
          return new TreeEditorFactory.Edit() {
            @Override
            public boolean edit(Telemetry<?> data, Batch batch) {
              return sums.add((MetricsData) data, context.clock().millis());
            }

            @Override
            public void stop() {
              sums.clear();
            }
          };
        });
  }
}
