package dev.tethys.collect.observe.protocol;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Elasticsearch and OpenSearch: a path with one of their endpoints, and either the product header
 * or the members of a request or response of that endpoint.
 */
final class ElasticsearchApi extends HttpApiReader {
  /** Response members that distinguish endpoints with the same name. */
  private static final Set<String> ANSWERS =
      Set.of("took", "_shards", "_index", "_scroll_id", "acknowledged", "cluster_name", "docs");

  private static final Set<String> QUERIES =
      Set.of(
          "query",
          "aggs",
          "aggregations",
          "knn",
          "sort",
          "_source",
          "pit",
          "suggest",
          "scroll_id",
          "track_total_hits",
          "search_after",
          "highlight",
          "post_filter",
          "index",
          "create",
          "update",
          "delete",
          "mappings",
          "settings",
          "actions",
          "doc",
          "script");

  /** Endpoints of an index, or of all: their operation by the method, or one for all methods. */
  private static final Map<String, String> ENDPOINTS =
      Map.ofEntries(
          Map.entry("_search", "search"),
          Map.entry("_msearch", "msearch"),
          Map.entry("_bulk", "bulk"),
          Map.entry("_mget", "mget"),
          Map.entry("_count", "count"),
          Map.entry("_create", "create"),
          Map.entry("_update", "update"),
          Map.entry("_source", "get_source"),
          Map.entry("_explain", "explain"),
          Map.entry("_termvectors", "termvectors"),
          Map.entry("_mtermvectors", "mtermvectors"),
          Map.entry("_field_caps", "field_caps"),
          Map.entry("_rank_eval", "rank_eval"),
          Map.entry("_reindex", "reindex"),
          Map.entry("_update_by_query", "update_by_query"),
          Map.entry("_delete_by_query", "delete_by_query"),
          Map.entry("_search_shards", "search_shards"),
          Map.entry("_refresh", "indices.refresh"),
          Map.entry("_flush", "indices.flush"),
          Map.entry("_forcemerge", "indices.forcemerge"),
          Map.entry("_analyze", "indices.analyze"),
          Map.entry("_stats", "indices.stats"),
          Map.entry("_segments", "indices.segments"),
          Map.entry("_recovery", "indices.recovery"),
          Map.entry("_open", "indices.open"),
          Map.entry("_close", "indices.close"),
          Map.entry("_rollover", "indices.rollover"),
          Map.entry("_aliases", "indices.update_aliases"),
          Map.entry("_validate", "indices.validate_query"),
          Map.entry("_sql", "sql.query"),
          Map.entry("_query", "esql.query"));

  /** Endpoints with one operation for reading and one for writing. */
  private static final Map<String, List<String>> PAIRS =
      Map.of(
          "_mapping", List.of("indices.get_mapping", "indices.put_mapping"),
          "_settings", List.of("indices.get_settings", "indices.put_settings"),
          "_alias", List.of("indices.get_alias", "indices.put_alias"),
          "_template", List.of("indices.get_template", "indices.put_template"),
          "_index_template", List.of("indices.get_index_template", "indices.put_index_template"),
          "_scripts", List.of("get_script", "put_script"),
          "_async_search", List.of("async_search.get", "async_search.submit"));

  /** Endpoints whose next path segment names the operation. */
  private static final Map<String, String> GROUPS =
      Map.of(
          "_cat",
          "cat",
          "_cluster",
          "cluster",
          "_nodes",
          "nodes",
          "_tasks",
          "tasks",
          "_ingest",
          "ingest",
          "_snapshot",
          "snapshot",
          "_ilm",
          "ilm");

  /** Known product of the peer. */
  static final class Peer {
    private boolean proven;
    private boolean opensearch;
  }

  private final Peer peer;
  private final String operation;
  private final String index;
  private final boolean opensearch;
  private boolean requestFits;
  private boolean answerFits;

  private ElasticsearchApi(Peer peer, String operation, String index, ApiHead head) {
    this.peer = peer;
    this.operation = operation;
    this.index = index;
    this.opensearch = head.opensearch;
    this.requestFits = isOwnType(head.contentType);
  }

  private static boolean isOwnType(String contentType) {
    return contentType.startsWith("application/vnd.elasticsearch+");
  }

  /** Reader of a request with one of the endpoints; otherwise null. */
  static @Nullable ElasticsearchApi of(Peer peer, String method, String path, ApiHead head) {
    int at = path.startsWith("/_") ? 0 : path.indexOf("/_");
    if (at < 0) {
      return null;
    }
    String index = at == 0 ? "" : index(path.substring(1, at));
    if (at > 0 && index.isEmpty()) {
      return null;
    }
    List<String> parts = List.of(path.substring(at + 1).split("/", 5));
    String operation = operation(method, parts);
    return operation.isEmpty() ? null : new ElasticsearchApi(peer, operation, index, head);
  }

  /** Reader of a request that was answered with a header of Elasticsearch, on any path. */
  static ElasticsearchApi ofAnswer(Peer peer, String method, String path, ApiHead head) {
    ElasticsearchApi known = of(peer, method, path, head);
    if (known != null) {
      return known;
    }
    String index = path.indexOf('/', 1) < 0 && path.length() > 1 ? index(path.substring(1)) : "";
    String operation =
        path.equals("/")
            ? method.equals("HEAD") ? "ping" : "info"
            : index.isEmpty()
                ? method
                : switch (method) {
                  case "PUT" -> "indices.create";
                  case "DELETE" -> "indices.delete";
                  case "HEAD" -> "indices.exists";
                  case "GET" -> "indices.get";
                  default -> method;
                };
    return new ElasticsearchApi(peer, operation, index, head);
  }

  /** Name of one index or several; empty if it is invalid. */
  private static String index(String text) {
    if (text.length() > 255 || text.indexOf('/') >= 0 || text.startsWith("-")) {
      return "";
    }
    String decoded = text.replace("%2C", ",").replace("%2c", ",").replace("%2A", "*");
    for (int i = 0; i < decoded.length(); i++) {
      char c = decoded.charAt(i);
      if (c <= ' ' || c > '~' || c >= 'A' && c <= 'Z' || "\\/?\"<>|#".indexOf(c) >= 0) {
        return "";
      }
    }
    return decoded;
  }

  private static String operation(String method, List<String> parts) {
    String first = parts.getFirst();
    String second = parts.size() > 1 ? parts.get(1) : "";
    boolean reads = method.equals("GET") || method.equals("HEAD");
    if (first.equals("_doc")) {
      return switch (method) {
        case "GET" -> "get";
        case "HEAD" -> "exists";
        case "DELETE" -> "delete";
        default -> "index";
      };
    }
    if (first.equals("_search") && !second.isEmpty()) {
      return switch (second) {
        case "scroll" -> method.equals("DELETE") ? "clear_scroll" : "scroll";
        case "template" -> "search_template";
        case "point_in_time" -> method.equals("DELETE") ? "delete_pit" : "create_pit";
        default -> "";
      };
    }
    if (first.equals("_pit")) {
      return method.equals("DELETE") ? "close_point_in_time" : "open_point_in_time";
    }
    String one = ENDPOINTS.get(first);
    if (one != null) {
      return one;
    }
    List<String> pair = PAIRS.get(first);
    if (pair != null) {
      return pair.get(reads ? 0 : 1);
    }
    String group = GROUPS.get(first);
    if (group == null) {
      return "";
    }
    // Names of nodes, tasks and pipelines follow some of them.
    boolean isWord = second.matches("[a-z_]{2,24}") && !second.startsWith("_");
    return switch (group) {
      case "cat" -> isWord ? "cat." + second : "cat.help";
      case "cluster" -> isWord ? "cluster." + second : "";
      case "nodes" ->
          second.equals("stats") || parts.contains("stats") ? "nodes.stats" : "nodes.info";
      default -> group + (reads ? ".get" : ".put");
    };
  }

  @Override
  int wantedOfRequest(String name) {
    return 0;
  }

  @Override
  void request(String name, char kind, String text) {
    requestFits |= QUERIES.contains(name);
  }

  @Override
  boolean isRefuted() {
    return false;
  }

  @Override
  int wantedOfAnswer(String name) {
    return 0;
  }

  @Override
  void answer(String name, char kind, String text) {
    answerFits |= ANSWERS.contains(name) || operation.equals("count") && name.equals("count");
  }

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    boolean named = head.elasticsearch || head.opensearch || isOwnType(head.contentType);
    boolean readable = body.form() != ApiBody.Form.UNREADABLE && body.wasRead();
    boolean fits = named || answerFits || peer.proven || requestFits && !readable;
    if (requestFits && readable && status >= 400) {
      fits = true;
    }
    if (!fits) {
      return null;
    }
    if (named || answerFits) {
      peer.proven = true;
    }
    peer.opensearch |= head.opensearch || opensearch && !head.elasticsearch;
    return new ApiCall(
        HttpApi.ELASTICSEARCH,
        peer.opensearch ? "opensearch" : "elasticsearch",
        operation.toLowerCase(Locale.ROOT),
        index,
        outcome(status),
        Integer.toString(status));
  }
}
