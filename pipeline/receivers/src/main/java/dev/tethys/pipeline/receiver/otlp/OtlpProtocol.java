package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One signal of OTLP, over gRPC and over HTTP as protobuf and as JSON. */
public final class OtlpProtocol {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private final OtlpSignal signal;
  private final Consumer to;

  private OtlpProtocol(OtlpSignal signal, Consumer to) {
    this.signal = signal;
    this.to = to;
  }

  /** Returns the protocol for a signal, or null if no pipeline accepts it. */
  public static @Nullable OtlpProtocol of(OtlpSignal signal, Map<Signal, Consumer> outputs) {
    Consumer c = outputs.get(Signal.of(signal));
    return c == null ? null : new OtlpProtocol(signal, c);
  }

  /** Adds the method. */
  public void addTo(GrpcServerEndpoint endpoint) {
    endpoint.method(signal.grpcPath(), this::call);
  }

  /** Adds it at a path. */
  public void addTo(HttpServerEndpoint endpoint, String path) {
    endpoint.post(path, (request, response) -> handle(endpoint, request, response));
  }

  /**
   * Result of a request with a number of items. While it waits, only the graph holds the request's
   * bytes, which may be merged with those of other requests.
   */
  private record AcceptedRequest(Outcome outcome, int items) {
    /** Whether nothing was accepted: that is a failure, not a partial success. */
    boolean isWhole(Outcome.Rejected r) {
      return r.items() >= items;
    }
  }

  private AcceptedRequest take(byte[] body, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    int items = OtlpCheck.check(signal, body, 0, body.length);
    if (items == 0) {
      return new AcceptedRequest(Outcome.ACCEPTED, 0);
    }
    // Points of one client keep their order: decreasing counters look like restarts.
    long lane = signal == OtlpSignal.METRICS ? request.remoteAddress().hashCode() | 1L : 0;
    Batch batch = new Batch(Signal.of(signal), Encoding.OTLP, body, items, lane, metadata);
    return new AcceptedRequest(ReceiverAdmission.deliver(batch, to, request), items);
  }

  private byte[] call(byte[] message, HttpRequest request, Hold hold, Metadata metadata)
      throws GrpcException, InterruptedException {
    AcceptedRequest t = take(message, metadata, request);
    return switch (t.outcome()) {
      case Outcome.Accepted a -> new byte[0];
      case Outcome.Rejected r -> {
        if (t.isWhole(r)) {
          throw new GrpcException(Status.INVALID_ARGUMENT, r.reason());
        }
        yield new OtlpResponse(r.items(), r.reason()).toProtobuf();
      }
      case Outcome.Unavailable u -> throw GrpcServerEndpoint.unavailable(u);
    };
  }

  private void handle(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    String type = HttpServerEndpoint.mediaType(request);
    boolean json = type.equals(JSON);
    if (!json && !type.equals(PROTOBUF)) {
      response
          .status(415)
          .send("415 unsupported media type, supported: [" + JSON + ", " + PROTOBUF + "]\n");
      return;
    }
    AcceptedRequest taken;
    try (Hold hold = endpoint.admission().open()) {
      Compression c = endpoint.compression(request);
      byte[] body = endpoint.body(request, c, hold);
      if (json) {
        hold.take(body.length);
        body = OtlpJson.toProtobuf(signal, body, 0, body.length).toByteArray();
      }
      taken = take(body, endpoint.metadata(request), request);
    } catch (BusyException e) {
      taken = new AcceptedRequest(e.outcome(), 0);
    } catch (TooLargeException e) {
      fail(response, json, 413, Status.RESOURCE_EXHAUSTED, String.valueOf(e.getMessage()));
      return;
    } catch (HttpException e) {
      Status s = e.status() == 413 ? Status.RESOURCE_EXHAUSTED : Status.INVALID_ARGUMENT;
      fail(response, json, e.status(), s, String.valueOf(e.getMessage()));
      return;
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
      fail(response, json, 400, Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
      return;
    }
    switch (taken.outcome()) {
      case Outcome.Accepted a -> ok(response, json, OtlpResponse.OK);
      case Outcome.Rejected r -> {
        if (taken.isWhole(r)) {
          fail(response, json, 400, Status.INVALID_ARGUMENT, r.reason());
        } else {
          ok(response, json, new OtlpResponse(r.items(), r.reason()));
        }
      }
      case Outcome.Unavailable u -> {
        HttpServerEndpoint.retryAfter(response, u);
        fail(response, json, 503, Status.UNAVAILABLE, u.reason());
      }
    }
  }

  private void ok(HttpResponse response, boolean json, OtlpResponse r) throws IOException {
    response.send(json ? JSON : PROTOBUF, json ? r.toJson(signal) : r.toProtobuf());
  }

  private static void fail(
      HttpResponse response, boolean json, int http, Status status, String message)
      throws IOException {
    RpcStatus s = new RpcStatus(status.code(), message, null);
    response.status(http).send(json ? JSON : PROTOBUF, json ? s.toJson() : s.toProtobuf());
  }
}
