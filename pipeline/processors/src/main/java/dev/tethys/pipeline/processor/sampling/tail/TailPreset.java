package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Named list of policies, with configurable numbers. */
enum TailPreset {
  /**
   * Keeps traces with errors, slow traces, traces with rare operations, and a share of the others.
   */
  KEEP_ERRORS_SLOW_RARE("keep_errors_slow_rare");

  private static final Section SECTION =
      new Section("preset_options", "Parameters of a preset of tail_sampling.");
  private static final Key<Duration> SLOW =
      SECTION.key(
          "slow", GoDurations.TYPE, Duration.ofSeconds(1), "Minimum duration of a slow trace.");
  private static final Key<Long> RARE =
      SECTION.key(
          "rare_traces",
          Type.INT,
          10L,
          "Maximum number of traces of a rare operation in rare_window.");
  private static final Key<Duration> WINDOW =
      SECTION.key(
          "rare_window",
          GoDurations.TYPE,
          Duration.ofMinutes(10),
          "Window over which operations are counted.");
  private static final Key<Double> REST =
      SECTION.key("rest_percentage", Type.FLOAT, 10.0, "Percentage of other traces to keep.");

  static final Type<TailPreset> TYPE = Type.oneOf("preset", values(), TailPreset::text);
  static final Type<YamlObject> OPTIONS = SECTION.type(o -> o);

  private final String text;

  TailPreset(String text) {
    this.text = text;
  }

  /** Returns the name in configurations. */
  String text() {
    return text;
  }

  /**
   * Returns the policies of the preset.
   *
   * @param options null for the defaults
   */
  List<PolicySettings> policies(@Nullable YamlObject options) {
    YamlObject o =
        options == null ? YamlDocument.parse(text, null, "{}").root().object(SECTION) : options;
    long slow = o.get(SLOW).toMillis();
    if (slow < 1) {
      throw o.error(SLOW, "slow is " + o.get(SLOW).toNanos() + "ns; it must be at least 1ms");
    }
    double rest = o.get(REST);
    if (!(rest >= 0 && rest <= 100)) {
      throw o.error(REST, "rest_percentage is " + rest + "; it must be 0 to 100");
    }
    if (o.get(RARE) < 1) {
      throw o.error(RARE, "rare_traces is " + o.get(RARE) + "; it must be at least 1");
    }
    if (!RareRules.isValid(o.get(WINDOW))) {
      throw o.error(WINDOW, RareRules.windowProblem("rare_window", o.get(WINDOW)));
    }
    // the expansion that the documentation shows
    String policies =
        """
        - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
        - {name: slow, type: latency, latency: {threshold_ms: %d}}
        - {name: rare, type: rare, rare: {max_traces: %d, window: %dms}}
        - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: %s}}
        """
            .formatted(slow, o.get(RARE), o.get(WINDOW).toMillis(), Double.toString(rest));
    return PolicySettings.LIST.read(YamlDocument.parse("preset " + text, null, policies).root());
  }
}
