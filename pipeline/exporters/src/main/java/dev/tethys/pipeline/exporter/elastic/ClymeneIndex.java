package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Index of Clymene's samples, whose {@code value} is a double. By default a server maps the field
 * by the first document: an integer makes it a long, and fractions of all later values are lost.
 */
final class ClymeneIndex {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> HEADERS = Map.of("content-type", "application/json");
  private static final String PROPERTIES = "{\"properties\":{\"value\":{\"type\":\"double\"}}}";
  private static final Set<String> WHOLE =
      Set.of("long", "integer", "short", "byte", "unsigned_long");

  private final String name;
  private final Servers servers;
  private final System.Logger log;

  /** Creates an index with a fixed name. */
  ClymeneIndex(String name, Servers servers, System.Logger log) {
    this.name = name;
    this.servers = servers;
    this.log = log;
  }

  /**
   * Creates the index, or maps the field if the index does not, and warns of a mapping that
   * truncates values. A server that rejects this still accepts documents.
   *
   * @throws IOException if no server responds
   */
  void prepare() throws IOException, InterruptedException {
    String mapping = "/" + name + "/_mapping/field/value";
    HttpEndpoint.Reply r = servers.call("GET", mapping, Map.of(), null);
    if (r.status() == 404) {
      made(servers.call("PUT", "/" + name, HEADERS, body("{\"mappings\":" + PROPERTIES + "}")));
      return;
    }
    if (!r.isOk()) {
      log.log(
          Level.WARNING,
          "Mapping of the field \"value\" not readable index={0} status={1} reason={2}",
          name,
          Integer.toString(r.status()),
          r.reason());
      return;
    }
    Map<String, String> types = types(r);
    types.forEach(
        (index, type) -> {
          if (WHOLE.contains(type)) {
            log.log(
                Level.WARNING,
                "The field \"value\" of index {0} is mapped as {1}: aggregations and sorting cut"
                    + " fractions (2.71 counts as 2). Create an index whose \"value\" is mapped as"
                    + " double, copy the documents with POST _reindex and use the new index",
                index,
                type);
          }
        });
    if (types.isEmpty()) {
      made(servers.call("PUT", "/" + name + "/_mapping", HEADERS, body(PROPERTIES)));
    }
  }

  private static byte[] body(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private void made(HttpEndpoint.Reply r) {
    // Another writer may have created it first.
    if (!r.isOk() && !r.reason().contains("already_exists")) {
      log.log(
          Level.WARNING,
          "Field \"value\" of index {0} not mapped as double, values are kept as float status={1}"
              + " reason={2}",
          name,
          Integer.toString(r.status()),
          r.reason());
    }
  }

  /** Types of the field by index; more than one index if the name is an alias. */
  private static Map<String, String> types(HttpEndpoint.Reply r) throws IOException {
    Map<String, String> types = new TreeMap<>();
    try {
      JsonNode all = JSON.readTree(r.body());
      for (Map.Entry<String, JsonNode> index : all.properties()) {
        JsonNode field = index.getValue().path("mappings").path("value");
        String type = field.path("mapping").path("value").path("type").asString("");
        if (!type.isEmpty()) {
          types.put(index.getKey(), type);
        }
      }
    } catch (JacksonException e) {
      throw new IOException(
          "the mapping of an index is not valid JSON: " + e.getOriginalMessage(), e);
    }
    return types;
  }
}
