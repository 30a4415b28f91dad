package dev.tethys.control.validation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Sums and first requests that exporters of a dry run got. Thread-safe. */
final class DryRunRecords {
  /** Requests of each exporter and signal that are kept as examples. */
  static final int MAX_EXAMPLES = 3;

  /** Maximum number of characters of a kept request; longer ones are omitted. */
  static final int MAX_EXAMPLE = 8 << 10;

  private final int maxExamples;
  private final int maxExample;

  DryRunRecords() {
    this(MAX_EXAMPLES, MAX_EXAMPLE);
  }

  /** Creates a collection with different limits on the retained requests. */
  DryRunRecords(int maxExamples, int maxExample) {
    this.maxExamples = maxExamples;
    this.maxExample = maxExample;
  }

  /** Items, bytes and examples of a signal that an exporter got. */
  static final class Sum {
    final String exporter;
    final Signal signal;
    long items;
    long bytes;

    /** Number of requests that are not among the examples. */
    int omitted;

    final List<String> examples = new ArrayList<>();

    Sum(String exporter, Signal signal) {
      this.exporter = exporter;
      this.signal = signal;
    }
  }

  @GuardedBy("this")
  private final TreeMap<String, Sum> sums = new TreeMap<>();

  /** Returns an exporter of a plan, even if it receives nothing. */
  synchronized Sum of(String exporter, Signal signal) {
    return sums.computeIfAbsent(
        exporter + "@" + signal.name().toLowerCase(Locale.ROOT), k -> new Sum(exporter, signal));
  }

  synchronized void add(String exporter, Batch batch) {
    Sum s = of(exporter, batch.signal());
    s.items += batch.items();
    s.bytes += Math.max(0, batch.measure());
    s.omitted++;
    if (s.examples.size() < maxExamples) {
      try {
        byte[] body =
            batch.encoding() == Encoding.OTLP
                ? batch.body()
                : new OtlpWriter().write(batch.seriesAsOtlp().metrics());
        byte[] json = OtlpJsonWriter.toJson(batch.signal().otlp(), body, 0, body.length);
        if (json.length <= maxExample) {
          s.omitted--;
          s.examples.add(new String(json, StandardCharsets.UTF_8));
        }
      } catch (CodecException e) {
        // an example does not count in the sums
      }
    }
  }

  synchronized List<Sum> all() {
    return List.copyOf(sums.values());
  }
}
