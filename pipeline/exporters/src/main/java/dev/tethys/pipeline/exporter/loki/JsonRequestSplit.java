package dev.tethys.pipeline.exporter.loki;

import dev.tethys.codec.compression.Compression;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Splits a JSON request into two: the first lines and the remaining lines, each with its stream.
 */
final class JsonRequestSplit {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ENCODING = "Content-Encoding";

  private JsonRequestSplit() {}

  /**
   * Splits a request into halves, compressed like the original.
   *
   * @param most maximum size before compression
   */
  static List<EncodedRequest> of(EncodedRequest p, int most) {
    Compression c =
        Objects.requireNonNullElse(
            Compression.named(p.headers().getOrDefault(ENCODING, "")), Compression.NONE);
    byte[] body =
        c == Compression.NONE ? p.body() : c.decompress(p.body(), 0, p.body().length, most);
    ObjectNode first = JSON.createObjectNode();
    ObjectNode second = JSON.createObjectNode();
    ArrayNode before = first.putArray("streams");
    ArrayNode after = second.putArray("streams");
    int remaining = p.items() / 2;
    for (JsonNode stream : JSON.readTree(body).path("streams")) {
      ArrayNode head = JSON.createArrayNode();
      ArrayNode tail = JSON.createArrayNode();
      for (JsonNode entry : stream.path("values")) {
        (remaining-- > 0 ? head : tail).add(entry);
      }
      add(stream, head, before);
      add(stream, tail, after);
    }
    return List.of(
        encodedRequest(p, c, first, p.items() / 2),
        encodedRequest(p, c, second, p.items() - p.items() / 2));
  }

  private static void add(JsonNode stream, ArrayNode entries, ArrayNode to) {
    if (!entries.isEmpty()) {
      ObjectNode half = to.addObject();
      half.set("stream", stream.path("stream"));
      half.set("values", entries);
    }
  }

  private static EncodedRequest encodedRequest(
      EncodedRequest of, Compression c, ObjectNode body, int items) {
    byte[] b = JSON.writeValueAsBytes(body);
    return new EncodedRequest(
        of.signal(),
        c == Compression.NONE ? b : c.compress(b, 0, b.length, Compression.DEFAULT_LEVEL),
        items,
        of.lane(),
        of.headers());
  }
}
