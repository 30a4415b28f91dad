package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * OTLP metrics over HTTP ({@code POST /api/v1/otlp/v1/metrics}): protobuf or JSON, plain or gzip.
 * Responses: 200, with a partial success if data points were rejected; 400 for malformed or
 * completely rejected requests; 5xx and 429 for requests that may be retried.
 */
public final class OtlpHttpReceiver implements Receiver {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private final OtlpReceiver otlp;

  public OtlpHttpReceiver(OtlpReceiver otlp) {
    this.otlp = otlp;
  }

  @Override
  public void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    int status;
    String problem;
    try {
      if (!request.method().equals("POST")) {
        throw new RequestRejectedException(405, "Method not allowed");
      }
      boolean json = isJson(request.header("Content-Type"));
      OtlpResult result = store(request, json);
      byte[] body = json ? result.toJson().getBytes(StandardCharsets.UTF_8) : result.toProtobuf();
      reply.header("Content-Type", json ? JSON : PROTOBUF);
      reply.send(200, body, 0, body.length);
      return;
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
    reply.error(status, problem);
  }

  private static boolean isJson(@Nullable String contentType) {
    String type = contentType == null ? "" : contentType;
    String media = type.split(";", 2)[0].strip();
    if (media.equals(JSON)) {
      return true;
    }
    if (media.equals(PROTOBUF)) {
      return false;
    }
    throw new RequestRejectedException(
        400, "unsupported content type: " + type + ". Supported: [" + JSON + ", " + PROTOBUF + "]");
  }

  private OtlpResult store(ReceivedRequest request, boolean json) throws IOException {
    String encoding = request.header("Content-Encoding");
    boolean gzip = encoding != null && encoding.equals("gzip");
    if (!gzip && encoding != null && !encoding.isEmpty() && !encoding.equals("identity")) {
      throw new RequestRejectedException(
          400,
          "unsupported compression: " + encoding + ". Only \"gzip\" or no compression supported");
    }
    try (Workspace w = otlp.workspaces().open()) {
      byte[] body;
      int n;
      if (gzip) {
        n = w.gunzip(w.limited(request));
        body = w.decoded();
      } else {
        n = w.readBody(request);
        body = w.raw();
      }
      if (json) {
        ProtoWriter p = OtlpJson.toProtobuf(OtlpSignal.METRICS, body, 0, n);
        return otlp.store(p.buffer(), 0, p.size());
      }
      return otlp.store(body, 0, n);
    }
  }
}
