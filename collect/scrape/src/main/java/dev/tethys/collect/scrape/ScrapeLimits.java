package dev.tethys.collect.scrape;

import dev.tethys.config.ByteSize;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits of a job; 0 means no limit.
 *
 * @param bodySize bytes of one uncompressed response
 * @param samples number of samples after metric relabeling
 * @param labels number of labels of one series
 * @param labelNameLength length in bytes
 * @param labelValueLength length in bytes
 * @param targets number of targets of the job after relabeling
 * @param keepDroppedTargets number of dropped targets kept for display
 */
public record ScrapeLimits(
    ByteSize bodySize,
    long samples,
    long labels,
    long labelNameLength,
    long labelValueLength,
    long targets,
    long keepDroppedTargets) {
  /** None at all. */
  public static final ScrapeLimits NONE = new ScrapeLimits(ByteSize.ZERO, 0, 0, 0, 0, 0, 0);

  static final Section SECTION = new Section("scrape_limits", "Limits of a scrape or a job.");
  private static final Key<ByteSize> BODY_SIZE =
      SECTION.optional(
          "body_size_limit",
          Type.SIZE,
          "Maximum size of the uncompressed response; above it the scrape fails.");
  private static final Key<Long> SAMPLES =
      SECTION.optional(
          "sample_limit",
          Type.UINT,
          "Maximum number of samples of a scrape after relabelling; above it the scrape fails.");
  private static final Key<Long> LABELS =
      SECTION.optional(
          "label_limit",
          Type.UINT,
          "Maximum number of labels of a series; above it the scrape fails.");
  private static final Key<Long> LABEL_NAME_LENGTH =
      SECTION.optional(
          "label_name_length_limit",
          Type.UINT,
          "Maximum length of a label name in bytes; above it the scrape fails.");
  private static final Key<Long> LABEL_VALUE_LENGTH =
      SECTION.optional(
          "label_value_length_limit",
          Type.UINT,
          "Maximum length of a label value in bytes; above it the scrape fails.");
  private static final Key<Long> TARGETS =
      SECTION.optional(
          "target_limit",
          Type.UINT,
          "Maximum number of targets of a job; above it all of them fail.");
  private static final Key<Long> KEEP_DROPPED =
      SECTION.optional(
          "keep_dropped_targets", Type.UINT, "Number of dropped targets to keep for display.");

  /** Reads the keys of this block; absent or zero keys are taken from {@code otherwise}. */
  public static ScrapeLimits read(YamlObject o, ScrapeLimits otherwise) {
    ByteSize body = o.find(BODY_SIZE);
    return new ScrapeLimits(
        body == null || body.bytes() == 0 ? otherwise.bodySize : body,
        number(o, SAMPLES, otherwise.samples),
        number(o, LABELS, otherwise.labels),
        number(o, LABEL_NAME_LENGTH, otherwise.labelNameLength),
        number(o, LABEL_VALUE_LENGTH, otherwise.labelValueLength),
        number(o, TARGETS, otherwise.targets),
        number(o, KEEP_DROPPED, otherwise.keepDroppedTargets));
  }

  private static long number(YamlObject o, Key<Long> key, long otherwise) {
    Long v = o.find(key);
    return v == null || v == 0 ? otherwise : v;
  }

  /** Adds the limits that there are to a tree to be written. */
  public void addTo(Map<String, @Nullable Object> m) {
    m.put("body_size_limit", bodySize.bytes() == 0 ? null : bodySize);
    put(m, "sample_limit", samples);
    put(m, "label_limit", labels);
    put(m, "label_name_length_limit", labelNameLength);
    put(m, "label_value_length_limit", labelValueLength);
    put(m, "target_limit", targets);
    put(m, "keep_dropped_targets", keepDroppedTargets);
  }

  private static void put(Map<String, @Nullable Object> m, String key, long v) {
    m.put(key, v == 0 ? null : v);
  }
}
