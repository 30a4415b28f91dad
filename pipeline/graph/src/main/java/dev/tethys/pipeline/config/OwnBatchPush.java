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
 * A processor of {@code service.telemetry.logs} or {@code .traces}: log records or spans of the
 * process, sent over OTLP.
 *
 * @param delay delay between two exports; zero to export each item immediately
 * @param timeout timeout of an export
 * @param queue maximum number of items that wait; newer ones are dropped
 * @param batch maximum number of items of an export
 * @param otlp destination; null for standard output
 */
public record OwnBatchPush(
    Duration delay, Duration timeout, int queue, int batch, OwnMetricsPush.@Nullable Otlp otlp) {
  private static final int MAX_QUEUE = 1_000_000;
  private static final int USUAL_QUEUE = 2048;
  private static final int USUAL_BATCH = 512;

  /** Log record processors. */
  static final Type<List<OwnBatchPush>> LOGS = new Reader("logs", "log records", 1_000).list();

  /** Span processors. */
  static final Type<List<OwnBatchPush>> TRACES = new Reader("traces", "spans", 5_000).list();

  /** Export target: two keys that look alike in the configuration. */
  private record Target(OwnMetricsPush.@Nullable Otlp otlp) {}

  /** Keys of the processors of one signal. */
  private static final class Reader {
    private final String signal;
    private final int usualDelay;
    private final Section processor;
    private final Key<OwnMetricsPush.Otlp> toOtlp;
    private final Key<YamlNode> toConsole;
    private final Key<Long> delay;
    private final Key<Long> timeout;
    private final Key<Long> queue;
    private final Key<Long> size;
    private final Key<Target> batchExporter;
    private final Key<Target> simpleExporter;
    private final Key<OwnBatchPush> inBatches;
    private final Key<OwnBatchPush> atOnce;

    Reader(String signal, String items, int usualDelay) {
      this.signal = signal;
      this.usualDelay = usualDelay;
      String prefix = "telemetry_" + signal + "_";
      Section exporter = new Section(prefix + "exporter", "Destination of " + items + ".");
      String server = "Server that receives " + items + " over OTLP.";
      toOtlp =
          exporter.optional(
              "otlp",
              new Section(prefix + "otlp", server)
                  .include(OwnMetricsPush.SERVER)
                  .type(OwnMetricsPush::server),
              server);
      toConsole =
          exporter.optional("console", Type.ANY, "Writes " + items + " to standard output.");
      Section batch = new Section(prefix + "batch", "Exports " + items + " in batches.");
      delay =
          batch.key(
              "schedule_delay",
              Type.INT,
              (long) usualDelay,
              "Interval between exports in milliseconds.");
      timeout =
          batch.key("export_timeout", Type.INT, 30_000L, "Timeout of an export in milliseconds.");
      queue =
          batch.key(
              "max_queue_size",
              Type.INT,
              (long) USUAL_QUEUE,
              "Maximum number of waiting " + items + "; newer ones are dropped.");
      size =
          batch.key(
              "max_export_batch_size",
              Type.INT,
              (long) USUAL_BATCH,
              "Maximum number of " + items + " of an export.");
      batchExporter = batch.required("exporter", exporter.type(this::target), exporter.doc());
      Section simple = new Section(prefix + "simple", "Exports " + items + " at once, one by one.");
      simpleExporter = simple.required("exporter", exporter.type(this::target), exporter.doc());
      processor = new Section(prefix + "processor", "Processor that exports " + items + ".");
      inBatches = processor.optional("batch", batch.type(this::batch), batch.doc());
      atOnce = processor.optional("simple", simple.type(this::simple), simple.doc());
    }

    Type<List<OwnBatchPush>> list() {
      return Type.list(processor.type(this::read));
    }

    private OwnBatchPush read(YamlObject o) {
      if (o.has(inBatches) == o.has(atOnce)) {
        throw o.error("a processor of " + signal + " is one of batch and simple");
      }
      Key<OwnBatchPush> key = o.has(inBatches) ? inBatches : atOnce;
      OwnBatchPush push = o.find(key);
      if (push == null) {
        throw o.error(key, key.name() + " requires exporter");
      }
      return push;
    }

    private OwnBatchPush batch(YamlObject o) {
      int waiting = number(o, queue, USUAL_QUEUE);
      int most = number(o, size, USUAL_BATCH);
      if (most > waiting) {
        throw o.error(size, "max_export_batch_size is " + most + "; max_queue_size is " + waiting);
      }
      return new OwnBatchPush(
          Duration.ofMillis(number(o, delay, usualDelay)),
          Duration.ofMillis(number(o, timeout, 30_000)),
          waiting,
          most,
          o.get(batchExporter).otlp);
    }

    private OwnBatchPush simple(YamlObject o) {
      return new OwnBatchPush(
          Duration.ZERO,
          Duration.ofSeconds(30),
          USUAL_QUEUE,
          USUAL_BATCH,
          o.get(simpleExporter).otlp);
    }

    /** Returns a numeric setting; 0 is its default, as in the Collector. */
    private static int number(YamlObject o, Key<Long> key, int usual) {
      long n = o.get(key);
      if (n < 0 || n > MAX_QUEUE) {
        throw o.error(key, key.name() + " is " + n + "; it must be from 0 to " + MAX_QUEUE);
      }
      return n == 0 ? usual : (int) n;
    }

    private Target target(YamlObject o) {
      OwnMetricsPush.Otlp otlp = o.find(toOtlp);
      if ((otlp != null) == o.has(toConsole)) {
        throw o.error("exporter requires one of otlp and console");
      }
      return new Target(otlp);
    }
  }
}
