package dev.tethys.api.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.OtlpLogs;
import dev.tethys.codec.loki.PushBatchReader;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.points.Refusals;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that take logs into the store: Loki's push as protobuf and JSON, and OTLP logs. An
 * answer of 2xx means that the entries are durable. Entries that are refused are named in the
 * answer, and the others are stored.
 */
public final class LokiPush {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** Largest body as it is sent and decompressed. */
  private static final int MAX_BODY = 64 << 20;

  /** Batches kept for reuse, and the largest of them. */
  private static final int MAX_IDLE = 8;

  private static final int MAX_IDLE_BYTES = 8 << 20;

  /** Tenants with metrics of their own. */
  private static final int MAX_TENANTS = 1000;

  private final Supplier<@Nullable LogStore> opened;
  private final LongSupplier now;
  private final Vector<Counter> lines;
  private final Vector<Counter> bytes;
  private final Vector<Counter> discarded;
  private final Set<String> tenants = ConcurrentHashMap.newKeySet();
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  private static final class Workspace {
    final PushBatchReader reader = new PushBatchReader();
    final LogBatch batch = new LogBatch();
    byte[] raw = {};

    /** Decodes a block of snappy into {@link #raw}; its length. */
    int decode(byte[] block, HttpRequest request) {
      int length = SnappyBlock.decodedLength(block, 0, block.length, MAX_BODY);
      request.reserve(2L * length); // and the columns
      if (raw.length < length + SnappyBlock.SLACK) {
        raw = new byte[length + (length >> 3) + SnappyBlock.SLACK];
      }
      return SnappyBlock.decode(block, 0, block.length, raw);
    }
  }

  /**
   * @param opened the store, null until it is open
   * @param now Unix nanoseconds
   */
  public LokiPush(Supplier<@Nullable LogStore> opened, LongSupplier now, Registry registry) {
    this.opened = opened;
    this.now = now;
    lines =
        registry.counters(
            "loki_distributor_lines_received_total",
            "The total number of lines received per tenant.",
            "tenant");
    bytes =
        registry.counters(
            "loki_distributor_bytes_received_total",
            "The total number of uncompressed bytes received per tenant.",
            "tenant");
    discarded =
        registry.counters(
            "loki_discarded_samples_total",
            "The total number of log lines that were discarded, by reason.",
            "reason",
            "tenant");
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    routes.post("/loki/api/v1/push", this::push);
    routes.post("/api/prom/push", this::push);
    for (String path : List.of("/v1/logs", "/otlp/v1/logs", "/api/v1/otlp/v1/logs")) {
      routes.post(path, this::otlp);
    }
  }

  private Workspace open() {
    synchronized (idle) {
      Workspace w = idle.pollLast();
      if (w != null) {
        return w;
      }
    }
    return new Workspace();
  }

  private void close(Workspace w) {
    w.batch.clear();
    if (w.batch.bytes.length + w.raw.length <= MAX_IDLE_BYTES) {
      synchronized (idle) {
        if (idle.size() < MAX_IDLE) {
          idle.addLast(w);
        }
      }
    }
  }

  private void push(HttpRequest request, HttpResponse response) throws IOException {
    LogStore store = store(response);
    String type = mediaType(request);
    boolean json = type.equals(JSON);
    if (!json && !type.isEmpty() && !type.equals(PROTOBUF)) {
      throw new HttpException(
          415, "Content-Type is '" + type + "'; supported are " + JSON + " and " + PROTOBUF);
    }
    String tenant = LokiParameters.tenant(request);
    byte[] body = body(request, !json);
    Refusals refusals = new Refusals();
    Workspace w = open();
    try {
      try {
        if (json) {
          request.reserve(4L * body.length); // the columns and objects
          w.reader.json(body, 0, body.length, w.batch, refusals);
        } else {
          int length = w.decode(body, request);
          w.reader.protobuf(w.raw, 0, length, w.batch, refusals);
        }
      } catch (CodecException e) {
        throw new HttpException(400, String.valueOf(e.getMessage()));
      }
      if (w.batch.rows == 0 && refusals.isEmpty()) {
        throw new HttpException(422, "error at least one valid stream is required for ingestion");
      }
      List<LogAppendResult.Refusal> limited = append(store, tenant, w.batch, response);
      if (!refusals.isEmpty()) {
        discarded.with("invalid_entry", label(tenant)).add(refusals.count());
      }
      if (refusals.isEmpty() && limited.isEmpty()) {
        response.status(204).send();
      } else {
        response.status(400).send(problem(refusals, limited));
      }
    } finally {
      close(w);
    }
  }

  private void otlp(HttpRequest request, HttpResponse response) throws IOException {
    LogStore store = store(response);
    String type = mediaType(request);
    boolean json = type.equals(JSON);
    if (!json && !type.equals(PROTOBUF)) {
      throw new HttpException(
          415, "Content-Type is '" + type + "'; supported are " + JSON + " and " + PROTOBUF);
    }
    String tenant = LokiParameters.tenant(request);
    byte[] body = body(request, false);
    Workspace w = open();
    try {
      try {
        byte[] message = body;
        int length = body.length;
        if (json) {
          ProtoWriter p = OtlpJson.toProtobuf(OtlpSignal.LOGS, body, 0, body.length);
          message = p.buffer();
          length = p.size();
        }
        request.reserve(3L * length); // objects of the records
        new OtlpLogs(OtlpLogs.DEFAULT_LABELS, false)
            .add(new OtlpReader().logs(message, 0, length), now.getAsLong(), w.batch);
      } catch (CodecException e) {
        throw new HttpException(400, String.valueOf(e.getMessage()));
      }
      List<LogAppendResult.Refusal> limited = append(store, tenant, w.batch, response);
      int refused = limited.stream().mapToInt(LogAppendResult.Refusal::entries).sum();
      response.header("Content-Type", json ? JSON : PROTOBUF);
      OtlpResponse answer = new OtlpResponse(refused, problem(new Refusals(), limited));
      response.send(json ? answer.toJson(OtlpSignal.LOGS) : answer.toProtobuf());
    } finally {
      close(w);
    }
  }

  private LogStore store(HttpResponse response) {
    LogStore store = opened.get();
    if (store == null) {
      response.header("Retry-After", "1");
      throw new HttpException(503, "log store is not open yet; send it again");
    }
    return store;
  }

  private List<LogAppendResult.Refusal> append(
      LogStore store, String tenant, LogBatch batch, HttpResponse response) {
    if (batch.rows == 0) {
      return List.of();
    }
    LogAppendResult result;
    try {
      result = store.append(tenant, batch);
    } catch (StorageException e) {
      boolean later = e.reason() != StorageException.Reason.INVALID;
      if (later) {
        response.header("Retry-After", "1");
      }
      throw new HttpException(
          e.reason() == StorageException.Reason.LIMIT ? 429 : later ? 503 : 400,
          String.valueOf(e.getMessage()));
    }
    String label = label(tenant);
    lines.with(label).add(result.stored());
    bytes.with(label).add(batch.size);
    for (LogAppendResult.Refusal r : result.refusals()) {
      discarded.with(r.limit(), label).add(r.entries());
    }
    return result.refusals();
  }

  /** Tenant as a label of metrics; senders choose tenants, so that their number is bounded. */
  private String label(String tenant) {
    if (tenants.contains(tenant)) {
      return tenant;
    }
    if (tenants.size() >= MAX_TENANTS) {
      return "other";
    }
    tenants.add(tenant);
    return tenant;
  }

  private static String problem(Refusals refusals, List<LogAppendResult.Refusal> limited) {
    StringBuilder sb = new StringBuilder();
    if (!refusals.isEmpty()) {
      sb.append(refusals.text(r -> r.item() + ": " + r.why()));
    }
    int shown = 0;
    for (LogAppendResult.Refusal r : limited) {
      if (shown++ == 10) {
        sb.append("\nand ").append(limited.size() - 10).append(" more streams");
        break;
      }
      sb.append(sb.isEmpty() ? "" : "\n")
          .append(r.message())
          .append(" (")
          .append(r.limit())
          .append(')');
    }
    return sb.toString();
  }

  private static String mediaType(HttpRequest request) {
    String type = request.header("Content-Type");
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Body without its Content-Encoding.
   *
   * @param snappy true if the body is a block of snappy whatever its encoding, as protobuf of
   *     Loki's push is; it stays one
   */
  private static byte[] body(HttpRequest request, boolean snappy) throws IOException {
    String encoding = request.header("Content-Encoding");
    Compression c = Compression.named(encoding);
    if (c == null) {
      throw new HttpException(415, "Content-Encoding '" + encoding + "' is not supported");
    }
    byte[] b = request.bodyBytes(MAX_BODY);
    try {
      if (c != Compression.NONE && !(snappy && c == Compression.SNAPPY)) {
        b = c.decompress(b, 0, b.length, MAX_BODY, request::reserve);
      }
      return b;
    } catch (CodecException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
  }
}
