package dev.tethys.pipeline.receiver.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.remote.ValidatedWriteRequest;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.remotewrite.RemoteWriteProtocol;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Protocol of Clymene's agents and Promtails to a gateway: metrics as a {@code WriteRequest} of
 * remote write 1.0, log lines as a batch in JSON, both over gRPC or HTTP.
 *
 * <p>Clymene's gateways return 204 and OK regardless of the outcome. This receiver reports
 * failures: INVALID_ARGUMENT and 400 for permanent ones, UNAVAILABLE and 503 for retryable ones.
 * Clymene's gRPC clients retry on their own.
 */
public final class ClymeneProtocol {
  private static final String METRICS_METHOD = "/prometheus.ClymeneService/RequestMetrics";
  private static final String LOGS_METHOD = "/logproto.Gateway/TransferBatch";
  private static final String METRICS_PATH = "/api/metrics";
  private static final String LOGS_PATH = "/api/logs";

  private static final String TENANT = "x-scope-orgid";

  private final @Nullable Consumer metrics;
  private final @Nullable Consumer logs;

  /** Creates the protocol for the signals that have a consumer. */
  public ClymeneProtocol(Map<Signal, Consumer> outputs) {
    this.metrics = outputs.get(Signal.METRICS);
    this.logs = outputs.get(Signal.LOGS);
  }

  /** Adds the methods. */
  public void addTo(GrpcServerEndpoint endpoint) {
    Consumer m = metrics;
    if (m != null) {
      endpoint.method(
          METRICS_METHOD,
          (message, request, hold, metadata) -> {
            hold.take(message.length);
            ValidatedWriteRequest t = ValidatedWriteRequest.ofV1(message, 0, message.length);
            endpoint.refused(t.refused(), String.valueOf(t.problem()));
            return GrpcServerEndpoint.empty(RemoteWriteProtocol.take(t, metadata, m, request));
          });
    }
    Consumer l = logs;
    if (l != null) {
      endpoint.method(
          LOGS_METHOD,
          (message, request, hold, metadata) ->
              transfer(l, endpoint, message, request, hold, metadata));
    }
  }

  /** Adds the paths. */
  public void addTo(HttpServerEndpoint endpoint) {
    if (metrics != null) {
      new RemoteWriteProtocol(metrics).addTo(endpoint, METRICS_PATH);
    }
    Consumer l = logs;
    if (l != null) {
      endpoint.post(LOGS_PATH, (request, response) -> lines(l, endpoint, request, response));
    }
  }

  private static byte[] transfer(
      Consumer to,
      GrpcServerEndpoint endpoint,
      byte[] message,
      HttpRequest request,
      Hold hold,
      Metadata metadata)
      throws GrpcException, BusyException, InterruptedException {
    hold.take(3L * message.length);
    byte[] json = {};
    ProtoReader r = new ProtoReader(message);
    while (r.next()) {
      if (r.field() == 1) {
        json = r.readBytes();
      } else {
        r.skip();
      }
    }
    if (json.length == 0) {
      throw new CodecException("the batch is empty");
    }
    LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
    endpoint.refused(b.refusals());
    return GrpcServerEndpoint.empty(take(to, b, metadata, request));
  }

  /** Clients say that the body is protobuf; it is JSON regardless of that. */
  private static void lines(
      Consumer to, HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      Compression c = endpoint.compression(request);
      byte[] json = endpoint.body(request, c, hold);
      hold.take(2L * json.length);
      LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
      endpoint.refused(b.refusals());
      HttpServerEndpoint.answer(response, take(to, b, endpoint.metadata(request), request));
    }
  }

  private static Outcome take(
      Consumer to, LogBatchJson.Batch b, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    Outcome o = deliver(to, b, metadata, request);
    return b.refusals().isEmpty()
        ? o
        : Outcome.plus(new Outcome.Rejected(b.text(), b.refusals().count()), o);
  }

  private static Outcome deliver(
      Consumer to, LogBatchJson.Batch b, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    int lines = b.logs().itemCount();
    if (lines == 0) {
      return Outcome.ACCEPTED;
    }
    Metadata m = metadata;
    if (!b.tenant().isEmpty()) {
      Map<String, List<String>> values = new LinkedHashMap<>(metadata.values());
      values.put(TENANT, List.of(b.tenant()));
      m = new Metadata(values);
    }
    byte[] body = new OtlpWriter().write(b.logs());
    return ReceiverAdmission.deliver(
        new Batch(Signal.LOGS, Encoding.OTLP, body, lines, 0, m), to, request);
  }
}
