package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpMetricsReader;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.OtlpSink;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stores OTLP metrics from {@link OtlpHttpReceiver} and {@link OtlpGrpcReceiver}.
 *
 * <p>A data point that is refused (by the translation or by the store) is counted and reported in
 * the partial success of the response, as OTLP requires; Prometheus would refuse the entire
 * request. Only when every data point was refused is the request refused, with nothing stored.
 */
public final class OtlpReceiver {
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of("dev.tethys.receive.otlp"));

  /** Readers kept for reuse. */
  private static final int MAX_IDLE = 16;

  /** Processing step before requests are stored. */
  public interface Stage {
    /** Stores them unchanged. */
    Stage NONE = (buf, offset, length, store) -> store.store(buf, offset, length);

    /**
     * Stores an ExportMetricsServiceRequest.
     *
     * @throws CodecException if it is malformed
     */
    OtlpResult store(byte[] buf, int offset, int length, Stored store);
  }

  /** Stores an ExportMetricsServiceRequest. */
  public interface Stored {
    /** Stores a request like {@link OtlpReceiver}. */
    OtlpResult store(byte[] buf, int offset, int length);
  }

  private final Stage stage;
  private final MetricStore store;
  private final Supplier<OtlpOptions> options;
  private final InstantSource clock;
  private final RequestBuffers workspaces;
  private final Counter withoutMetadata;
  private final Counter outOfOrderExemplars;
  private final Vector<Counter> warnings;

  private record Idle(OtlpOptions options, OtlpMetricsReader reader) {}

  private final ArrayDeque<Idle> idle = new ArrayDeque<>();

  /**
   * A receiver into a store.
   *
   * @param options read at each request, since they may be reloaded
   */
  public OtlpReceiver(
      Stage stage,
      MetricStore store,
      Supplier<OtlpOptions> options,
      ReceiveLimits limits,
      Registry registry,
      InstantSource clock) {
    this.stage = stage;
    this.store = store;
    this.options = options;
    this.clock = clock;
    this.workspaces = new RequestBuffers(limits);
    this.withoutMetadata =
        registry.counter(
            "prometheus_api_otlp_appended_samples_without_metadata_total",
            "The total number of samples ingested from OTLP without corresponding metadata.");
    this.outOfOrderExemplars =
        registry.counter(
            "prometheus_api_otlp_out_of_order_exemplars_total",
            "The total number of received OTLP exemplars which were rejected because they were out"
                + " of order.");
    this.warnings =
        registry.counters(
            "prometheus_api_otlp_translation_warnings_total",
            "The total number of warnings produced while translating OTLP metrics to the"
                + " Prometheus model, by category.",
            "category");
  }

  RequestBuffers workspaces() {
    return workspaces;
  }

  /**
   * Stores an ExportMetricsServiceRequest.
   *
   * @throws CodecException if it is malformed
   * @throws RequestRejectedException if every data point was rejected
   * @throws StorageException if the store cannot accept it now
   */
  OtlpResult store(byte[] buf, int offset, int length) {
    return stage.store(buf, offset, length, this::append);
  }

  private OtlpResult append(byte[] buf, int offset, int length) {
    OtlpOptions o = options.get();
    OtlpMetricsReader reader = reader(o);
    OtlpResult result;
    try (Appender app = store.appender()) {
      result = reader.read(buf, offset, length, new Sink(app));
      if (result.accepted() == 0 && result.rejected() > 0) {
        throw new RequestRejectedException(400, result.errorMessage());
      }
      app.commit();
    }
    synchronized (idle) {
      if (idle.size() < MAX_IDLE) {
        idle.addLast(new Idle(o, reader));
      }
    }
    result.warningCategories().forEach((c, n) -> warnings.with(c).add((long) n));
    if (!result.warnings().isEmpty()) {
      PEER_LOG.log(
          Level.WARNING, "OTLP metrics translated with warnings warnings={0}", result.warnings());
    }
    if (result.rejected() > 0) {
      PEER_LOG.log(
          Level.WARNING,
          "OTLP data points refused points={0} problem={1}",
          result.rejected(),
          result.errorMessage());
    }
    return result;
  }

  private OtlpMetricsReader reader(OtlpOptions o) {
    synchronized (idle) {
      for (Idle i = idle.pollLast(); i != null; i = idle.pollLast()) {
        if (i.options.equals(o)) {
          return i.reader;
        }
      }
    }
    return new OtlpMetricsReader(o);
  }

  private final class Sink implements OtlpSink {
    private final Appender app;
    private final long maxTime = clock.millis() + RemoteWriteReceiver.MAX_AHEAD_MILLIS;

    Sink(Appender app) {
      this.app = app;
    }

    @Override
    public @Nullable String sample(
        Labels labels, long start, long time, double value, List<Exemplar> exemplars) {
      return append(labels, start, time, value, null, exemplars);
    }

    @Override
    public @Nullable String histogram(
        Labels labels, long start, long time, Histogram h, List<Exemplar> exemplars) {
      return append(labels, start, time, 0, h, exemplars);
    }

    private @Nullable String append(
        Labels labels,
        long start,
        long time,
        double value,
        @Nullable Histogram h,
        List<Exemplar> exemplars) {
      if (time > maxTime) {
        return WriteErrors.TOO_FAR + " for series " + labels;
      }
      long ref;
      try {
        ref = app.series(labels);
      } catch (StorageException e) {
        // A new series that has no space is refused alone; those that are known continue.
        if (e.reason() != StorageException.Reason.INVALID
            && e.reason() != StorageException.Reason.LIMIT) {
          throw e;
        }
        return e.getMessage();
      }
      Outcome o = h == null ? app.append(ref, start, time, value) : app.append(ref, start, time, h);
      if (o != Outcome.OK) {
        return WriteErrors.text(o, time, h) + " for series " + labels;
      }
      for (Exemplar e : exemplars) {
        if (e.timestamp() <= maxTime
            && !WriteErrors.tooLong(e)
            && app.append(ref, e) == Outcome.OUT_OF_ORDER) {
          outOfOrderExemplars.inc();
        }
      }
      return null;
    }

    @Override
    public void metadata(String family, MetricMetadata m) {
      if (m.help().isEmpty() && m.unit().isEmpty() && m.type() == MetricType.UNKNOWN) {
        withoutMetadata.inc();
        return;
      }
      app.metadata(family, m);
    }
  }
}
