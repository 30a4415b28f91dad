package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.json.JsonFailures;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Node discovery of a cluster (reference of Elasticsearch and OpenSearch, "Nodes info").
 * Master-only nodes are skipped, as in the official clients.
 */
final class ClusterNodes {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Maximum number of nodes. */
  static final int MAX_NODES = 1000;

  /** Path at which a server lists the nodes of its cluster. */
  static final String PATH = "/_nodes/http?filter_path=nodes.*.roles,nodes.*.http.publish_address";

  private ClusterNodes() {}

  /**
   * Parses the addresses of nodes in order.
   *
   * @param scheme scheme of the resulting URLs
   * @throws IOException if the response is invalid
   */
  static List<URI> read(byte[] answer, String scheme) throws IOException {
    JsonNode nodes;
    try {
      nodes = JSON.readTree(answer).path("nodes");
    } catch (JacksonException e) {
      throw new IOException(PATH + " returned invalid JSON: " + JsonFailures.describe(e), e);
    }
    List<URI> out = new ArrayList<>();
    for (JsonNode node : nodes) {
      String address = node.at("/http/publish_address").asString("");
      JsonNode roles = node.path("roles");
      boolean onlyMaster =
          !roles.isEmpty()
              && roles.valueStream().map(r -> r.asString("")).allMatch(ClusterNodes::isMaster);
      if (!address.isEmpty() && !onlyMaster && out.size() < MAX_NODES) {
        out.add(url(address, scheme));
      }
    }
    return out.stream().sorted().toList();
  }

  private static boolean isMaster(String role) {
    return role.equals("master") || role.equals("cluster_manager");
  }

  /**
   * Address in the form {@code address:port}, or {@code name/address:port} if a node has a name.
   */
  private static URI url(String published, String scheme) throws IOException {
    int slash = published.indexOf('/');
    String port = published.substring(published.lastIndexOf(':') + 1);
    String host =
        slash > 0
            ? published.substring(0, slash)
            : published.substring(0, Math.max(0, published.lastIndexOf(':')));
    try {
      return URI.create(scheme + "://" + host + ":" + Integer.parseInt(port));
    } catch (IllegalArgumentException e) {
      throw new IOException("\"" + published + "\" is not a valid node address", e);
    }
  }
}
