package dev.tethys.api.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.loki.PushBatchReader;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.RequestBuffers;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.BodyBuffer;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.Locale;

/**
 * Loki push endpoints for protobuf and JSON. A 2xx response means that the entries are durable.
 * Rejected entries are named in the response, and the others are stored.
 */
public final class LokiPush {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** Largest body as it is sent and decompressed. */
  private static final int MAX_BODY = 64 << 20;

  /** Maximum size of the arrays kept for later requests. */
  private static final long MAX_IDLE_BYTES = 8 << 20;

  private final LogIngester ingester;
  private final RequestBuffers<Workspace> workspaces =
      new RequestBuffers<>(
          Workspace::new,
          Workspace::clear,
          MAX_IDLE_BYTES,
          Math.min(8 * MAX_IDLE_BYTES, Runtime.getRuntime().maxMemory() / 16));

  private static final class Workspace {
    final PushBatchReader reader = new PushBatchReader();
    final LogBatch batch = new LogBatch();
    final BodyBuffer received = new BodyBuffer();
    byte[] raw = {};

    /** Body without its Content-Encoding: bytes of {@link #received}, or of another array. */
    byte[] body = {};

    int bodyLength;

    /** Removes the content; bytes of the arrays. */
    long clear() {
      batch.clear();
      body = received.bytes();
      return (long) batch.bytes.length + raw.length + body.length;
    }

    /** Decodes the body, a block of snappy, into {@link #raw} and returns its length. */
    int decode(HttpRequest request) {
      int length = SnappyBlock.decodedLength(body, 0, bodyLength, MAX_BODY);
      request.reserve(2L * length); // and the columns
      if (raw.length < length + SnappyBlock.SLACK) {
        raw = new byte[length + (length >> 3) + SnappyBlock.SLACK];
      }
      return SnappyBlock.decode(body, 0, bodyLength, raw);
    }
  }

  public LokiPush(LogIngester ingester) {
    this.ingester = ingester;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    routes.post("/loki/api/v1/push", this::push);
    routes.post("/api/prom/push", this::push);
  }

  private void push(HttpRequest request, HttpResponse response) throws IOException {
    try {
      ingester.requireOpen();
    } catch (StorageException e) {
      throw failure(e);
    }
    String type = mediaType(request);
    boolean json = type.equals(JSON);
    if (!json && !type.isEmpty() && !type.equals(PROTOBUF)) {
      throw new HttpException(
          415, "Content-Type is '" + type + "'; supported are " + JSON + " and " + PROTOBUF);
    }
    Scope scope = RequestScope.of(request);
    RejectedItems refusals = new RejectedItems();
    Workspace w = workspaces.take();
    try {
      readBody(request, !json, w);
      try {
        if (json) {
          request.reserve(4L * w.bodyLength); // the columns and objects
          w.reader.json(w.body, 0, w.bodyLength, w.batch, refusals);
        } else {
          int length = w.decode(request);
          w.reader.protobuf(w.raw, 0, length, w.batch, refusals);
        }
      } catch (CodecException e) {
        throw new HttpException(400, String.valueOf(e.getMessage()));
      }
      if (w.batch.rows == 0 && refusals.isEmpty()) {
        throw new HttpException(422, "error at least one valid stream is required for ingestion");
      }
      LogAppendResult limited = append(scope, w.batch);
      ingester.discarded(scope.tenant(), "invalid_entry", refusals.count());
      answer(response, refusals, limited);
    } finally {
      workspaces.release(w);
    }
  }

  private static void answer(HttpResponse response, RejectedItems refusals, LogAppendResult limited)
      throws IOException {
    if (refusals.isEmpty() && limited.refusals().isEmpty()) {
      response.status(204).send();
      return;
    }
    String text = refusals.text(r -> r.item() + ": " + r.why());
    String separator = text.isEmpty() || limited.refusals().isEmpty() ? "" : "\n";
    response.status(status(refusals, limited)).send(text + separator + limited.text());
  }

  /**
   * Returns the status for a push with rejected entries. Loki returns 429 if a stream limit rejects
   * entries, and clients then retry the push. Here it is returned only if no entry was stored, so
   * that a retry does not duplicate entries.
   */
  private static int status(RejectedItems refusals, LogAppendResult limited) {
    boolean later =
        refusals.isEmpty()
            && limited.stored() == 0
            && limited.refusals().stream().allMatch(r -> r.limit().equals("stream_limit"));
    return later ? 429 : 400;
  }

  private LogAppendResult append(Scope scope, LogBatch batch) {
    try {
      return ingester.append(scope, batch);
    } catch (StorageException e) {
      throw failure(e);
    }
  }

  private static HttpException failure(StorageException e) {
    boolean later = e.reason() != StorageException.Reason.INVALID;
    return new HttpException(
        e.reason() == StorageException.Reason.LIMIT ? 429 : later ? 503 : 400,
        String.valueOf(e.getMessage()));
  }

  private static String mediaType(HttpRequest request) {
    String type = request.header("Content-Type");
    if (type == null) {
      return "";
    }
    String[] parts = type.split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (!parameter.isEmpty() && parameter.indexOf('=') <= 0) {
        throw new HttpException(
            415, "Content-Type is '" + type + "'; parameter '" + parameter + "' has no value");
      }
    }
    return parts[0].strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads the body and removes its Content-Encoding.
   *
   * @param snappy true if the body is a block of snappy regardless of its encoding, as protobuf of
   *     Loki's push is; it stays one
   */
  private static void readBody(HttpRequest request, boolean snappy, Workspace to)
      throws IOException {
    String encoding = request.header("Content-Encoding");
    Compression c = Compression.named(encoding);
    if (c == null) {
      throw new HttpException(415, "Content-Encoding '" + encoding + "' is not supported");
    }
    to.bodyLength = request.bodyBytes(MAX_BODY, to.received);
    to.body = to.received.bytes();
    try {
      if (c != Compression.NONE && !(snappy && c == Compression.SNAPPY)) {
        to.body = c.decompress(to.body, 0, to.bodyLength, MAX_BODY, request::reserve);
        to.bodyLength = to.body.length;
      }
    } catch (TooLargeException e) {
      throw new HttpException(413, String.valueOf(e.getMessage()));
    } catch (CodecException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
  }
}
