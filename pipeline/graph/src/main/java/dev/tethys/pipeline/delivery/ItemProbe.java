package dev.tethys.pipeline.delivery;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import java.io.IOException;
import java.util.List;

/**
 * Probes a destination with the encoder and sender of its exporter: one sample, log record or span
 * is encoded and sent.
 */
public final class ItemProbe implements ExporterProbe {
  /** Name of the metric and of the span, and prefix of the record's line. */
  public static final String NAME = "tethys_probe";

  private static final long SECOND = 1_000_000_000;

  /** Connects. */
  @FunctionalInterface
  public interface Connect {
    /** Connects; returns the destination's description. */
    String connect() throws IOException, InterruptedException;
  }

  /** Looks up the delivered item. */
  @FunctionalInterface
  public interface Lookup {
    /**
     * Verifies the item; returns its location.
     *
     * @throws IOException if it is missing or different
     */
    String find(EncodedRequest delivered, long seconds, double value)
        throws IOException, InterruptedException;
  }

  private final Signal signal;
  private final Connect connect;
  private final Encoder encoder;
  private final Sender sender;
  private final Lookup lookup;

  /**
   * @param sender request sender; closed with the probe
   */
  public ItemProbe(Signal signal, Connect connect, Encoder encoder, Sender sender, Lookup lookup) {
    this.signal = signal;
    this.connect = connect;
    this.encoder = encoder;
    this.sender = sender;
    this.lookup = lookup;
  }

  /** Creates a probe whose item passes the encoder and sender of a factory's exporters. */
  public static <S> ItemProbe of(
      ExporterFactory<S> factory,
      S settings,
      Signal signal,
      Context context,
      Connect connect,
      Lookup lookup) {
    ExporterParts parts = ExporterParts.of(factory, settings, signal, context);
    return new ItemProbe(signal, connect, parts.encoder(), parts.sender(), lookup);
  }

  /** Returns the text of the log record. */
  public static String line(double value) {
    return NAME + " " + GoFloat.g(value);
  }

  /** Describes the item for humans. */
  public static String describeItem(Signal signal, double value) {
    return switch (signal) {
      case LOGS -> "the line \"" + line(value) + "\"";
      case TRACES -> "the span " + NAME;
      default -> NAME + " = " + value;
    };
  }

  /** Creates a batch with only the item. */
  public static Batch batch(Signal signal, long seconds, double value) {
    return switch (signal) {
      case METRICS -> {
        WriteRequestWriter w = new WriteRequestWriter();
        w.beginSeries(Labels.of(Labels.METRIC_NAME, NAME, "job", "tethys"));
        w.sample(seconds * 1000, value).endSeries();
        yield new Batch(signal, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0);
      }
      case LOGS -> {
        LogRecord r = new LogRecord();
        r.setTimeUnixNano(seconds * SECOND);
        r.setObservedTimeUnixNano(seconds * SECOND);
        r.setBody(line(value));
        yield batch(signal, new LogsData(), r);
      }
      case TRACES -> {
        Span s = new Span();
        s.setTraceId(seconds, Double.doubleToLongBits(value) | 1);
        s.setSpanId(seconds);
        s.setName(NAME);
        s.setStartTimeUnixNano(seconds * SECOND);
        s.setEndTimeUnixNano(seconds * SECOND + 1_000_000);
        yield batch(signal, new TracesData(), s);
      }
      case PROFILES -> throw new IllegalArgumentException("profiles cannot be probed");
    };
  }

  private static <T extends Item<T>> Batch batch(Signal signal, Telemetry<T> all, T item) {
    ScopeGroup<T> scope = new ScopeGroup<>();
    scope.items().add(item);
    ResourceGroup<T> resource = new ResourceGroup<>();
    resource.resource().attributes().put("service.name", "tethys");
    resource.scopes().add(scope);
    all.resources().add(resource);
    return new Batch(signal, Encoding.OTLP, new OtlpWriter().write(all), 1, 0);
  }

  /** Returns the reason why an item was not accepted; "" if it was. */
  public static String refusal(SendResult result) {
    return switch (result) {
      case SendResult.Delivered v -> "";
      case SendResult.Retryable v -> v.reason() + "; an exporter tries again";
      case SendResult.Permanent v -> v.reason();
      case SendResult.Partial v -> v.reason();
      case SendResult.Split v -> v.reason() + "; an exporter sends it in other parts";
      case SendResult.PerItem v when !v.refused().isEmpty() -> v.refused().getFirst().reason();
      case SendResult.PerItem v when v.again() != null -> v.reason() + "; an exporter tries again";
      case SendResult.PerItem v -> "";
      case SendResult.Reassigned v -> "it was moved to another queue, whose outcome is unknown";
    };
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return connect.connect();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    List<EncodedRequest> requests = encoder.encode(batch(signal, seconds, value)).requests();
    if (requests.isEmpty()) {
      throw new IOException("the probe's item does not fit there");
    }
    EncodedRequest p = requests.getFirst();
    String refusal = refusal(sender.send(p));
    if (!refusal.isEmpty()) {
      throw new IOException(refusal);
    }
    return "sent " + describeItem(signal, value) + " to " + lookup.find(p, seconds, value);
  }

  @Override
  public void close() {
    sender.close();
  }
}
