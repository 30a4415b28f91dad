package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.otlp.Intake.BusyException;
import dev.tethys.pipeline.receiver.otlp.Intake.Hold;
import dev.tethys.pipeline.receiver.server.HttpServerSettings;
import dev.tethys.pipeline.receiver.server.Listeners;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One signal of OTLP over HTTP, as protobuf and as JSON. */
final class HttpIntake {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** What is reserved for a body before its length is known. */
  private static final int UNKNOWN_LENGTH = 64 << 10;

  private final Intake intake;
  private final OtlpSignal signal;
  private final Consumer to;
  private final HttpServerSettings settings;
  private final @Nullable ServerAuth auth;

  HttpIntake(
      Intake intake,
      OtlpSignal signal,
      Consumer to,
      HttpServerSettings settings,
      @Nullable ServerAuth auth) {
    this.intake = intake;
    this.signal = signal;
    this.to = to;
    this.settings = settings;
    this.auth = auth;
  }

  void addTo(Routes routes, String path) {
    routes.post(path, this::handle);
    if (settings.cors() != null) {
      routes.on("OPTIONS", path, settings.cors()::preflight);
    }
  }

  private void handle(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    if (settings.cors() != null) {
      settings.cors().mark(request, response);
    }
    if (auth != null && !auth.accepts(request::headers)) {
      response.status(401).send("Unauthorized\n");
      return;
    }
    String type = mediaType(request.header("Content-Type"));
    boolean json = type.equals(JSON);
    if (!json && !type.equals(PROTOBUF)) {
      response
          .status(415)
          .send("415 unsupported media type, supported: [" + JSON + ", " + PROTOBUF + "]\n");
      return;
    }
    Outcome outcome;
    byte[] body = {};
    try (Hold hold = intake.open()) {
      body = body(request, json, hold);
      Metadata metadata = settings.includeMetadata() ? Listeners.metadata(request) : Metadata.NONE;
      outcome = intake.take(signal, body, metadata, to, request, Intake.MAX_WAIT);
    } catch (BusyException e) {
      outcome = e.outcome();
    } catch (TooLargeException e) {
      fail(response, json, 413, Status.RESOURCE_EXHAUSTED, String.valueOf(e.getMessage()));
      return;
    } catch (HttpException e) {
      Status s = e.status() == 413 ? Status.RESOURCE_EXHAUSTED : Status.INVALID_ARGUMENT;
      fail(response, json, e.status(), s, String.valueOf(e.getMessage()));
      return;
    } catch (CodecException e) {
      fail(response, json, 400, Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
      return;
    }
    switch (outcome) {
      case Outcome.Accepted a -> ok(response, json, OtlpResponse.OK);
      case Outcome.Rejected r -> {
        if (Answers.isWhole(r, signal, body)) {
          fail(response, json, 400, Status.INVALID_ARGUMENT, r.reason());
        } else {
          ok(response, json, new OtlpResponse(r.items(), r.reason()));
        }
      }
      case Outcome.Unavailable u -> {
        Duration after = u.retryAfter();
        if (after.isPositive()) {
          response.header("Retry-After", Long.toString(after.plusNanos(999_999_999).toSeconds()));
        }
        fail(response, json, 503, Status.UNAVAILABLE, u.reason());
      }
    }
  }

  private static String mediaType(@Nullable String contentType) {
    return contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private byte[] body(HttpRequest request, boolean json, Hold hold)
      throws IOException, BusyException {
    String word = request.header("Content-Encoding");
    Compression c = Compression.named(word);
    if (c == null || !settings.compressions().contains(c.word())) {
      throw new HttpException(400, "unsupported Content-Encoding: " + word);
    }
    int max = settings.maxBodyBytes();
    long length = request.contentLength();
    hold.take(length < 0 ? UNKNOWN_LENGTH : Math.min(length, max));
    byte[] b = request.bodyBytes(max);
    if (length < 0) {
      hold.take(b.length);
    }
    if (c != Compression.NONE) {
      b = c.decompress(b, 0, b.length, max);
      hold.take(b.length);
    }
    if (json) {
      hold.take(b.length);
      b = OtlpJson.toProtobuf(signal, b, 0, b.length).toByteArray();
    }
    return b;
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
