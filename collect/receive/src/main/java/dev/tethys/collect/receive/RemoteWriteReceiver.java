package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.WriteMessage;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.log.LogText;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Receives Prometheus remote write 1.0 and 2.0 ({@code POST /api/v1/write}).
 *
 * <p>Responses, as in Prometheus: 204 if everything was stored; 415 for an unsupported content
 * type, message or encoding; 400 for data that would fail again (2.0: the rest of the request is
 * stored, 1.0: nothing is); 5xx and 429 for requests that may be retried, with nothing stored.
 * Beyond Prometheus: 413 for a body over the limit, 503 when the memory for requests is used up.
 * The {@code X-Prometheus-Remote-Write-*-Written} headers always have the numbers of stored items.
 */
public final class RemoteWriteReceiver implements Receiver {
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of("dev.tethys.receive.write"));

  /** Longest explanation of a response, in characters. */
  private static final int MAX_ANSWER = 16 << 10;

  /** Samples further ahead of the clock are refused. */
  static final long MAX_AHEAD_MILLIS = 600_000;

  private final MetricStore store;
  private final RemoteWriteOptions options;
  private final RequestBuffers workspaces;
  private final InstantSource clock;
  private final Metrics metrics;

  /** Counts of stored items of a request. */
  static final class WriteCounts {
    long samples;
    long histograms;
    long exemplars;
  }

  /** Counters under Prometheus's names. */
  static final class Metrics {
    final Counter invalidLabels;
    final Counter withoutMetadata;

    Metrics(Registry r) {
      invalidLabels =
          r.counter(
              "prometheus_api_remote_write_invalid_labels_samples_total",
              "The total number of received remote write samples and histogram samples which were"
                  + " rejected due to invalid labels.");
      withoutMetadata =
          r.counter(
              "prometheus_api_remote_write_without_metadata_appended_samples_total",
              "The total number of received remote write samples (and histogram samples) which"
                  + " were ingested without corresponding metadata.");
    }
  }

  public RemoteWriteReceiver(
      MetricStore store,
      RemoteWriteOptions options,
      ReceiveLimits limits,
      Registry registry,
      InstantSource clock) {
    this.store = store;
    this.options = options;
    this.workspaces = new RequestBuffers(limits);
    this.clock = clock;
    this.metrics = new Metrics(registry);
  }

  RequestBuffers workspaces() {
    return workspaces;
  }

  @Override
  public void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    WriteCounts written = new WriteCounts();
    int status = 204;
    String problem = null;
    try {
      problem = take(request, written);
      if (problem != null) {
        status = 400;
      }
    } catch (RequestRejectedException e) {
      status = e.status();
      problem = e.text();
    } catch (CodecException e) {
      status = 400;
      problem = String.valueOf(e.getMessage());
    } catch (StorageException e) {
      status = WriteErrors.status(e);
      problem = String.valueOf(e.getMessage());
    }
    reply.header("X-Prometheus-Remote-Write-Samples-Written", Long.toString(written.samples));
    reply.header("X-Prometheus-Remote-Write-Histograms-Written", Long.toString(written.histograms));
    reply.header("X-Prometheus-Remote-Write-Exemplars-Written", Long.toString(written.exemplars));
    if (problem == null) {
      reply.send(status);
      return;
    }
    PEER_LOG.log(
        status >= 500 ? Level.ERROR : Level.WARNING,
        "Remote write request refused status={0} problem={1}",
        status,
        problem);
    reply.error(status, LogText.cut(problem, MAX_ANSWER));
  }

  /** Null if everything was stored; otherwise the problem of the request, the rest being stored. */
  private @Nullable String take(ReceivedRequest request, WriteCounts written) throws IOException {
    if (!request.method().equals("POST")) {
      throw new RequestRejectedException(405, "Method not allowed");
    }
    String message = message(request.header("Content-Type"));
    if (!options.acceptedMessages().contains(message)) {
      throw new RequestRejectedException(
          415,
          message
              + " protobuf message is not accepted by this server; only accepts "
              + String.join(", ", options.acceptedMessages()));
    }
    String encoding = request.header("Content-Encoding");
    if (encoding != null && !encoding.isEmpty() && !encoding.equals("snappy")) {
      throw new RequestRejectedException(
          415,
          encoding
              + " encoding (compression) is not accepted by this server; only snappy is"
              + " acceptable");
    }
    try (Workspace w = workspaces.open()) {
      int length = w.unsnap(w.readBody(request));
      long maxTime = clock.millis() + MAX_AHEAD_MILLIS;
      WriteCounts stored = new WriteCounts();
      String problem;
      boolean done = false;
      try (Appender app = store.appender()) {
        problem =
            message.equals(RemoteWriteOptions.V1)
                ? new WriteV1(w, app, maxTime, metrics).append(length, stored)
                : new WriteV2(w, app, maxTime, metrics, options).append(length, stored);
        app.commit();
        done = true;
      } finally {
        if (!done) {
          w.seen.clear();
        }
      }
      written.samples = stored.samples;
      written.histograms = stored.histograms;
      written.exemplars = stored.exemplars;
      return problem;
    }
  }

  /** The message type named by a content type; 1.0 if none. */
  private static String message(@Nullable String header) {
    try {
      return WriteMessage.ofContentType(header).message();
    } catch (IllegalArgumentException e) {
      throw new RequestRejectedException(415, String.valueOf(e.getMessage()));
    }
  }
}
