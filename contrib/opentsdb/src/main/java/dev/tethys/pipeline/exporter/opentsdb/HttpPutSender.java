package dev.tethys.pipeline.exporter.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.opentsdb.DataPoint;
import dev.tethys.codec.opentsdb.PutReader;
import dev.tethys.codec.opentsdb.TsdbResponse;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.client.ServerSystemErrors;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes points with {@code /api/put?details} and evaluates responses. A point written twice is
 * stored once, so a request with an unknown outcome is retried.
 *
 * <p>Status 400 means that only some points were stored; the response lists the others, each with
 * its error. Unknown names that cannot be created, invalid characters and invalid values become
 * dead letters; points that the server was too busy for are retried. A chunked request (over 8 KiB,
 * unless {@code tsd.http.request.enable_chunked} is set) is rejected as a whole and halved.
 */
final class HttpPutSender implements Sender {
  private final OpenTsdbSettings settings;
  private final HttpEndpoint endpoint;
  private final LineRequestEncoder encoder;

  HttpPutSender(OpenTsdbSettings settings, HttpEndpoint endpoint, LineRequestEncoder encoder) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>(LineRequestEncoder.sent(p));
    headers.keySet().removeIf(h -> h.equalsIgnoreCase("content-encoding"));
    byte[] body;
    LineRequestEncoder.Opened opened;
    try {
      opened = encoder.open(p);
      body = array(opened.text());
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    Compression c = settings.client().compression();
    if (c != Compression.NONE) {
      headers.put("content-encoding", c.word());
      body = c.compress(body, 0, body.length, settings.client().level());
    }
    HttpEndpoint.Reply r = endpoint.call("POST", settings.putUrl(), headers, body);
    if (r.isOk()) {
      return SendResult.DELIVERED;
    }
    return switch (r.status()) {
      case 413 -> encoder.halves(p, r.reason());
      case 400 -> refused(p, opened, r);
      default -> HttpEndpoint.judge(r);
    };
  }

  /** Lines of JSON as one array, in place: each end of a line but the last is a comma. */
  private static byte[] array(byte[] lines) {
    byte[] out = new byte[lines.length + 1];
    out[0] = '[';
    System.arraycopy(lines, 0, out, 1, lines.length);
    for (int i = 1; i < out.length; i++) {
      if (out[i] == '\n') {
        out[i] = ',';
      }
    }
    out[out.length - 1] = ']';
    return out;
  }

  private SendResult refused(EncodedRequest p, LineRequestEncoder.Opened o, HttpEndpoint.Reply r) {
    List<TsdbResponse.Refused> all;
    try {
      all = TsdbResponse.refused(r.body());
    } catch (CodecException e) {
      all = List.of();
    }
    if (all.isEmpty()) {
      return ServerSystemErrors.isInTrouble(message(r))
          ? new SendResult.Retryable(Duration.ZERO, true, r.reason())
          : encoder.halves(p, r.reason());
    }
    Map<DataPoint, String> errors = new HashMap<>();
    all.forEach(x -> errors.put(place(x.point()), x.error()));
    Map<Integer, String> bad = new HashMap<>();
    BitSet again = new BitSet();
    SendResult.Retryable later = null;
    for (int row = 0; row < o.index().rows(); row++) {
      byte[] line = o.row(row).getBytes(StandardCharsets.UTF_8);
      DataPoint[] point = new DataPoint[1];
      PutReader.json(line, 0, line.length, x -> point[0] = x);
      String error = errors.get(place(point[0]));
      if (error == null) {
        continue;
      }
      SendResult.Retryable l = later(error, point[0]);
      if (l == null) {
        bad.put(row, "OpenTSDB: " + error);
      } else {
        later = l;
        again.set(row);
      }
    }
    return bad.isEmpty() && again.isEmpty()
        ? encoder.halves(p, r.reason()) // it lists points that were not sent
        : o.sorted(bad, again, later);
  }

  /** Returns the identity of a point without its value, which the server may format differently. */
  private static DataPoint place(DataPoint p) {
    return new DataPoint(p.metric(), p.timestamp(), "", p.tags());
  }

  /** Returns the error message of the request as a whole; details and traces may quote points. */
  private static String message(HttpEndpoint.Reply r) {
    try {
      return TsdbResponse.message(r.body());
    } catch (CodecException e) {
      return ""; // a response from a proxy in front of it
    }
  }

  /** Removes quoted data of the point from an error. */
  private static String unquoted(String error, DataPoint p) {
    List<String> parts = new ArrayList<>(List.of(p.metric(), p.value()));
    p.tags()
        .forEach(
            (k, v) -> {
              parts.add(k);
              parts.add(v);
            });
    String e = error;
    for (String s : parts) {
      e = e.replace('"' + s + '"', "").replace("'" + s + "'", "");
    }
    return e.toLowerCase(Locale.ROOT);
  }

  /** Returns a retry for a point with such an error; null for a permanent error. */
  private static SendResult.@Nullable Retryable later(String error, DataPoint p) {
    String e = unquoted(error, p);
    if (e.contains("throttle") || e.contains("timeout") || e.contains("timed out")) {
      return new SendResult.Retryable(Duration.ZERO, true, "OpenTSDB: " + error);
    }
    if (ServerSystemErrors.isInTrouble(e)) {
      return new SendResult.Retryable(Duration.ZERO, true, "OpenTSDB: " + error);
    }
    return e.contains("storage exception") || e.contains("not cached yet") || e.contains("hbase")
        ? new SendResult.Retryable(Duration.ZERO, false, "OpenTSDB: " + error)
        : null;
  }
}
