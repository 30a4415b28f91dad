package dev.tethys.pipeline.exporter.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.client.ServerSystemErrors;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Writes lines and evaluates responses. A point written twice is stored once, so a request with an
 * unknown outcome is retried.
 *
 * <p>Version 1 returns 400 if it stored all but some lines, and shows those it cannot parse or
 * reports how many it dropped (a different field type, outside the retention policy, or a full
 * disk, which is not the fault of the lines). Version 2 stores nothing of a request with a
 * malformed line, which is found by bisection; its 422 corresponds to 400 of version 1. Version 3
 * names up to a hundred rejected lines.
 */
final class InfluxSender implements Sender {
  private static final Pattern DROPPED = Pattern.compile("dropped=(\\d{1,9})");
  private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
  private static final int MOST_NAMED = 100;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final InfluxSettings.Version version;
  private final Function<EncodedRequest, URI> url;
  private final HttpEndpoint endpoint;
  private final LineRequestEncoder encoder;
  private final @Nullable Maker maker;

  /** Creates the database that a request did not find. */
  @FunctionalInterface
  interface Maker {
    /** Creates the schema; returns the action for the request. */
    SendResult make(EncodedRequest p) throws IOException, InterruptedException;
  }

  /**
   * @param maker null if databases must be created by an operator
   */
  InfluxSender(
      InfluxSettings.Version version,
      Function<EncodedRequest, URI> url,
      HttpEndpoint endpoint,
      LineRequestEncoder encoder,
      @Nullable Maker maker) {
    this.maker = maker;
    this.version = version;
    this.url = url;
    this.endpoint = endpoint;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call("POST", url.apply(p), LineRequestEncoder.sent(p), p.body());
    if (r.isOk()) {
      return SendResult.DELIVERED;
    }
    try {
      if (r.status() / 100 == 4 && isOfTheMachine(error(r))) {
        // Version 1 reports dropped valid points as a partial write.
        return new SendResult.Retryable(Duration.ZERO, true, r.reason());
      }
      return switch (r.status()) {
        case 413 -> encoder.halves(p, r.reason());
        case 400 ->
            switch (version) {
              case V1 -> first(p, r);
              case V2 -> encoder.halves(p, r.reason());
              case V3 -> third(p, r);
            };
        case 422 -> partial(p, r);
        case 404 ->
            isWithoutApi(r)
                ? new SendResult.Retryable(
                    r.retryAfter(), false, r.reason() + "; " + ofAnotherVersion())
                : maker == null ? HttpEndpoint.judge(r) : maker.make(p);
        default -> HttpEndpoint.judge(r);
      };
    } catch (CodecException | JacksonException e) {
      return new SendResult.Permanent(r.reason());
    }
  }

  /**
   * Whether the path does not exist: a server that knows it would report the missing database in
   * JSON.
   */
  private static boolean isWithoutApi(HttpEndpoint.Reply r) {
    return !r.text().stripLeading().startsWith("{");
  }

  private String ofAnotherVersion() {
    return switch (version) {
      case V1 -> "the server has no API of InfluxDB 1; remove v1_compatibility";
      case V2 ->
          "the server has no API of InfluxDB 2; set v1_compatibility: {enabled: true, db: …} for"
              + " InfluxDB 1, v3: {enabled: true} for InfluxDB 3";
      case V3 -> "the server has no API of InfluxDB 3; remove v3";
    };
  }

  private static String error(HttpEndpoint.Reply r) {
    try {
      JsonNode n = JSON.readTree(r.body());
      String body = n.path("error").asString("");
      return body.isEmpty() ? n.path("message").asString("") : body;
    } catch (JacksonException e) {
      return r.text();
    }
  }

  /**
   * Whether an error concerns the machine: parse errors quote the line as sent, and other errors
   * quote the names in it.
   */
  private static boolean isOfTheMachine(String error) {
    return !error.contains("unable to parse")
        && ServerSystemErrors.isInTrouble(QUOTED.matcher(error).replaceAll(""));
  }

  private SendResult first(EncodedRequest p, HttpEndpoint.Reply r) {
    String error = error(r);
    if (error.contains("unable to parse")) {
      // The response quotes the lines: they are located and become dead letters individually.
      LineRequestEncoder.Opened o = encoder.open(p);
      Map<Integer, String> bad = new HashMap<>();
      for (int row = 0; row < o.index().rows(); row++) {
        if (error.contains("'" + o.row(row) + "'")) {
          bad.put(row, "HTTP status 400: unable to parse");
        }
      }
      if (!bad.isEmpty()) {
        return o.sorted(bad, new BitSet(), null);
      }
    }
    return error.contains("partial write") ? partial(p, r) : encoder.halves(p, r.reason());
  }

  /**
   * Handles a partial write: the rest is stored if the number of dropped lines is reported;
   * otherwise the request is split to find them.
   */
  private SendResult partial(EncodedRequest p, HttpEndpoint.Reply r) {
    Matcher m = DROPPED.matcher(error(r));
    if (m.find() && Integer.parseInt(m.group(1)) > 0) {
      int dropped = Math.min(p.items(), Integer.parseInt(m.group(1)));
      return dropped == p.items() && p.items() == 1
          ? new SendResult.Permanent(r.reason())
          : new SendResult.Partial(dropped, r.reason());
    }
    return encoder.halves(p, r.reason());
  }

  private SendResult third(EncodedRequest p, HttpEndpoint.Reply r) {
    JsonNode data = JSON.readTree(r.body()).path("data");
    LineRequestEncoder.Opened o = encoder.open(p);
    Map<Integer, String> bad = new HashMap<>();
    for (JsonNode n : data.isArray() ? data : JSON.createArrayNode().add(data)) {
      int line = n.path("line_number").asInt(0);
      if (line >= 1 && line <= o.index().rows()) {
        bad.put(line - 1, "HTTP status 400: " + n.path("error_message").asString("refused"));
      }
    }
    if (bad.isEmpty()) {
      return encoder.halves(p, r.reason());
    }
    BitSet rest = new BitSet();
    SendResult.Retryable later = null;
    if (bad.size() >= MOST_NAMED) {
      // More lines may be invalid than are named; stored lines are stored once more.
      rest.set(0, o.index().rows());
      bad.keySet().forEach(rest::clear);
      later = new SendResult.Retryable(Duration.ZERO, false, "more lines may have been rejected");
    }
    return o.sorted(bad, rest, later);
  }
}
