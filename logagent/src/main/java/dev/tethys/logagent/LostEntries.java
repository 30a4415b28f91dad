package dev.tethys.logagent;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.pipeline.web.Json;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lost entries by reason, from the metrics. */
final class LostEntries {
  /**
   * Describes a loss metric.
   *
   * @param where stage of the path
   * @param unit entries, bytes, files …
   * @param meant whether the configuration requests the loss
   * @param why reason for metrics without the {@code reason} label; null otherwise
   */
  private record Kind(String where, String unit, boolean meant, @Nullable String why) {}

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("logentry_dropped_lines_total", new Kind("stages", "entries", true, null)),
          Map.entry("promtail_dropped_entries_total", new Kind("sending", "entries", false, null)),
          Map.entry("promtail_dropped_bytes_total", new Kind("sending", "bytes", false, null)),
          Map.entry("promtail_mutated_entries_total", new Kind("cut", "entries", false, null)),
          Map.entry("promtail_mutated_bytes_total", new Kind("cut", "bytes", false, null)),
          Map.entry(
              "tethys_logs_file_lost_bytes_total",
              new Kind("files", "bytes", false, "truncated away before they were read")),
          Map.entry(
              "tethys_logs_long_lines_total",
              new Kind(
                  "cut", "entries", false, "longer than a line may be; the rest was left out")),
          Map.entry(
              "promtail_encoding_failures_total",
              new Kind("files", "entries", false, "not in the encoding that is configured")),
          Map.entry(
              "promtail_syslog_empty_messages_total",
              new Kind("sources", "entries", true, "syslog messages without text")),
          Map.entry(
              "tethys_logs_syslog_cut_messages_total",
              new Kind("cut", "entries", false, "longer than max_message_length")),
          Map.entry(
              "tethys_logs_gelf_incomplete_messages_total",
              new Kind("sources", "entries", false, "chunks of a message that never arrived")));

  private static final Pattern UNREADABLE =
      Pattern.compile("promtail_(.+)_target_parsing_errors_total");
  private static final String GENERATIONS = "tethys_logs_file_generations_total";

  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("match_stage", "a match stage with action drop"),
          Map.entry("drop_stage", "a drop stage"),
          Map.entry("sampling_stage", "dropped by a sampling stage"),
          Map.entry("ratelimit_drop_stage", "more than a limit stage lets through"),
          Map.entry("json_stage", "no JSON object, where a json stage has drop_malformed"),
          Map.entry("ratelimit_drop", "more than limits_config.readline_rate"),
          Map.entry("ingester_error", "refused by the destination, or its retries were used up"),
          Map.entry("rate_limited", "answered 429, with drop_rate_limited_batches"),
          Map.entry("stream_limited", "more streams than limits_config.max_streams"),
          Map.entry("line_too_long", "longer than limits_config.max_line_size"));

  private LostEntries() {}

  /** Writes the counts above zero as a list. */
  static void write(Json j, List<MetricFamily> families) {
    j.open('[');
    for (MetricFamily f : families) {
      Kind k = kind(f.name());
      if (k == null) {
        continue;
      }
      for (MetricFamily.Metric m : f.metrics()) {
        if (m.point() instanceof MetricFamily.Value v && v.value() > 0) {
          Map<String, String> labels = new TreeMap<>(m.labels().toMap());
          if (f.name().equals(GENERATIONS) && !"lost".equals(labels.get("event"))) {
            continue;
          }
          String reason = labels.remove("reason");
          String why =
              k.why != null ? k.why : reason == null ? "" : REASONS.getOrDefault(reason, reason);
          j.open('{').key("where").text(k.where).key("unit").text(k.unit);
          j.key("meant").raw(String.valueOf(k.meant)).key("why").text(why);
          j.key("reason").text(reason == null ? "" : reason).key("labels");
          EntryTrace.texts(j, labels);
          j.key("count").number((long) v.value()).key("metric").text(f.name()).close('}');
        }
      }
    }
    j.close(']');
  }

  private static @Nullable Kind kind(String metric) {
    if (metric.equals(GENERATIONS)) {
      return new Kind("files", "files", false, "replaced, and found under no other name");
    }
    Matcher m = UNREADABLE.matcher(metric);
    return m.matches()
        ? new Kind("sources", "entries", false, "cannot be read as " + m.group(1))
        : KINDS.get(metric);
  }
}
