package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A processor of {@code service.telemetry.logs}: log records of the process, sent over OTLP.
 *
 * @param delay between two exports; zero to export each record at once
 * @param timeout of an export
 * @param queue maximum number of records that wait; newer ones are dropped
 * @param batch maximum number of records of an export
 * @param otlp destination; null for standard output
 */
public record OwnLogsPush(
    Duration delay, Duration timeout, int queue, int batch, OwnMetricsPush.@Nullable Otlp otlp) {
  private static final int MAX_QUEUE = 1_000_000;
  private static final int USUAL_QUEUE = 2048;
  private static final int USUAL_BATCH = 512;

  private static final Section OTLP =
      new Section("telemetry_logs_otlp", "Server that receives log records over OTLP.")
          .include(OwnMetricsPush.SERVER);
  private static final Section EXPORTER =
      new Section("telemetry_logs_exporter", "Destination of log records.");
  private static final Key<OwnMetricsPush.Otlp> TO_OTLP =
      EXPORTER.optional(
          "otlp", OTLP.type(OwnMetricsPush::server), "Server that receives log records over OTLP.");
  private static final Key<YamlNode> TO_CONSOLE =
      EXPORTER.optional("console", Type.ANY, "Writes log records to standard output.");

  /** Export target: two keys that look alike in the configuration. */
  private record Target(OwnMetricsPush.@Nullable Otlp otlp) {}

  private static final Section BATCH =
      new Section("telemetry_logs_batch", "Exports log records in batches.");
  private static final Key<Long> DELAY =
      BATCH.key("schedule_delay", Type.INT, 1_000L, "Interval between exports in milliseconds.");
  private static final Key<Long> TIMEOUT =
      BATCH.key("export_timeout", Type.INT, 30_000L, "Timeout of an export in milliseconds.");
  private static final Key<Long> QUEUE =
      BATCH.key(
          "max_queue_size",
          Type.INT,
          (long) USUAL_QUEUE,
          "Maximum number of waiting records; newer ones are dropped.");
  private static final Key<Long> SIZE =
      BATCH.key(
          "max_export_batch_size",
          Type.INT,
          (long) USUAL_BATCH,
          "Maximum number of records of an export.");
  private static final Key<Target> BATCH_EXPORTER =
      BATCH.required("exporter", EXPORTER.type(OwnLogsPush::target), EXPORTER.doc());

  private static final Section SIMPLE =
      new Section("telemetry_logs_simple", "Exports each log record at once.");
  private static final Key<Target> SIMPLE_EXPORTER =
      SIMPLE.required("exporter", EXPORTER.type(OwnLogsPush::target), EXPORTER.doc());

  private static final Section SECTION =
      new Section("telemetry_logs_processor", "Processor that exports log records.");
  private static final Key<OwnLogsPush> IN_BATCHES =
      SECTION.optional("batch", BATCH.type(OwnLogsPush::batch), BATCH.doc());
  private static final Key<OwnLogsPush> AT_ONCE =
      SECTION.optional("simple", SIMPLE.type(OwnLogsPush::simple), SIMPLE.doc());

  /** Reads the list of processors. */
  static final Type<List<OwnLogsPush>> LIST = Type.list(SECTION.type(OwnLogsPush::read));

  private static OwnLogsPush read(YamlObject o) {
    if (o.has(IN_BATCHES) == o.has(AT_ONCE)) {
      throw o.error("a processor of logs is one of batch and simple");
    }
    Key<OwnLogsPush> key = o.has(IN_BATCHES) ? IN_BATCHES : AT_ONCE;
    OwnLogsPush push = o.find(key);
    if (push == null) {
      throw o.error(key, key.name() + " requires exporter");
    }
    return push;
  }

  private static OwnLogsPush batch(YamlObject o) {
    int queue = number(o, QUEUE, USUAL_QUEUE);
    int size = number(o, SIZE, USUAL_BATCH);
    if (size > queue) {
      throw o.error(SIZE, "max_export_batch_size is " + size + "; max_queue_size is " + queue);
    }
    return new OwnLogsPush(
        Duration.ofMillis(number(o, DELAY, 1_000)),
        Duration.ofMillis(number(o, TIMEOUT, 30_000)),
        queue,
        size,
        o.get(BATCH_EXPORTER).otlp);
  }

  private static OwnLogsPush simple(YamlObject o) {
    return new OwnLogsPush(
        Duration.ZERO,
        Duration.ofSeconds(30),
        USUAL_QUEUE,
        USUAL_BATCH,
        o.get(SIMPLE_EXPORTER).otlp);
  }

  /** A number of a setting; 0 is its default, as in the Collector. */
  private static int number(YamlObject o, Key<Long> key, int usual) {
    long n = o.get(key);
    if (n < 0 || n > MAX_QUEUE) {
      throw o.error(key, key.name() + " is " + n + "; it must be from 0 to " + MAX_QUEUE);
    }
    return n == 0 ? usual : (int) n;
  }

  private static Target target(YamlObject o) {
    OwnMetricsPush.Otlp otlp = o.find(TO_OTLP);
    if ((otlp != null) == o.has(TO_CONSOLE)) {
      throw o.error("exporter requires one of otlp and console");
    }
    return new Target(otlp);
  }
}
