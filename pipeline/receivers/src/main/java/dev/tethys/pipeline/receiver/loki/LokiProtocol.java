package dev.tethys.pipeline.receiver.loki;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;

/**
 * Loki's push, over gRPC and over HTTP as protobuf and as JSON. The labels of a stream are the
 * attributes of a resource; structured metadata are those of a record.
 */
public final class LokiProtocol {
  /** Push path of Loki, and that of its first API. */
  public static final String PATH = "/loki/api/v1/push";

  public static final String FIRST_PATH = "/api/prom/push";

  private static final String METHOD = "/logproto.Pusher/Push";
  private static final String JSON = "application/json";

  private final Consumer to;
  private final boolean keepTimes;
  private final Scheduler clock;

  /**
   * Creates the protocol.
   *
   * @param keepTimes whether lines keep the sender's time instead of the arrival time
   */
  public LokiProtocol(Consumer to, boolean keepTimes, Scheduler clock) {
    this.to = to;
    this.keepTimes = keepTimes;
    this.clock = clock;
  }

  /** Adds the method. */
  public void addTo(GrpcServerEndpoint endpoint) {
    endpoint.method(
        METHOD,
        (message, request, hold, metadata) -> call(endpoint, message, request, hold, metadata));
  }

  /** Adds it at its paths. */
  public void addTo(HttpServerEndpoint endpoint) {
    for (String path : new String[] {PATH, FIRST_PATH}) {
      endpoint.post(path, (request, response) -> handle(endpoint, request, response));
    }
  }

  /** Rejects unreadable entries by stream and number, and accepts the others. */
  private Outcome take(PushReader.Result read, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    Outcome o = deliver(read.logs(), metadata, request);
    return read.refusals().isEmpty()
        ? o
        : Outcome.plus(new Outcome.Rejected(read.text(), read.refusals().count()), o);
  }

  private Outcome deliver(LogsData logs, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    long now = clock.millis() * 1_000_000;
    logs.resources().forEach(g -> g.scopes().forEach(s -> s.items().forEach(r -> arrived(r, now))));
    int lines = logs.itemCount();
    if (lines == 0) {
      return Outcome.ACCEPTED;
    }
    byte[] body = new OtlpWriter().write(logs);
    return ReceiverAdmission.deliver(
        new Batch(Signal.LOGS, Encoding.OTLP, body, lines, 0, metadata), to, request);
  }

  private void arrived(LogRecord r, long now) {
    r.setObservedTimeUnixNano(now);
    if (!keepTimes || r.timeUnixNano() == 0) {
      r.setTimeUnixNano(now);
    }
  }

  private byte[] call(
      GrpcServerEndpoint endpoint,
      byte[] message,
      HttpRequest request,
      Hold hold,
      Metadata metadata)
      throws GrpcException, BusyException, InterruptedException {
    hold.take(2L * message.length);
    PushReader.Result read = PushReader.protobuf(message, 0, message.length, new RejectedItems());
    endpoint.refused(read.refusals());
    return GrpcServerEndpoint.empty(take(read, metadata, request));
  }

  private void handle(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String type = HttpServerEndpoint.mediaType(request);
    boolean json = type.equals(JSON);
    if (!json && !type.isEmpty() && !type.equals("application/x-protobuf")) {
      throw new HttpException(
          415, "unsupported media type, supported: [" + JSON + ", application/x-protobuf]");
    }
    try (Hold hold = endpoint.admission().open()) {
      byte[] body = body(endpoint, request, json, hold);
      hold.take(2L * body.length);
      RejectedItems refusals = new RejectedItems();
      PushReader.Result read =
          json
              ? PushReader.json(body, 0, body.length, refusals)
              : PushReader.protobuf(body, 0, body.length, refusals);
      endpoint.refused(refusals);
      HttpServerEndpoint.answer(response, take(read, endpoint.metadata(request), request));
    }
  }

  /**
   * Decodes a body. Protobuf is always a snappy block, declared or not, and may be compressed
   * again; JSON never is, regardless of headers.
   */
  private static byte[] body(
      HttpServerEndpoint endpoint, HttpRequest request, boolean json, Hold hold)
      throws IOException, BusyException {
    Compression c = endpoint.compression(request);
    byte[] b = endpoint.body(request, c == Compression.SNAPPY ? Compression.NONE : c, hold);
    if (json) {
      return b;
    }
    byte[] message =
        Compression.SNAPPY.decompress(b, 0, b.length, endpoint.maxBodyBytes(), request::reserve);
    hold.take(message.length);
    return message;
  }
}
