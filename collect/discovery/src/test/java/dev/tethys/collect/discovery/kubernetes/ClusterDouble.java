package dev.tethys.collect.discovery.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.discovery.Rest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The API of a cluster, as its documentation says: lists with pages, watches from a version on,
 * bookmarks, and 410 for versions that are too old.
 */
final class ClusterDouble implements AutoCloseable {
  private record Event(long version, String path, String type, JsonNode object) {}

  final List<String> requests = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private final Map<String, TreeMap<String, JsonNode>> objects = new HashMap<>();
  private final List<Event> events = new ArrayList<>();
  private long version = 100;
  private long oldest;
  private int generation;
  private int fail;

  ClusterDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Creates or changes an object. */
  synchronized void put(Resource resource, String json) {
    ObjectNode o = (ObjectNode) Rest.JSON.readTree(json);
    version++;
    ((ObjectNode) o.path("metadata")).put("resourceVersion", Long.toString(version));
    boolean is =
        objects.computeIfAbsent(resource.path(""), r -> new TreeMap<>()).put(ClusterState.key(o), o)
            != null;
    events.add(new Event(version, resource.path(""), is ? "MODIFIED" : "ADDED", o));
    notifyAll();
  }

  synchronized void delete(Resource resource, String key) {
    ObjectNode o = (ObjectNode) Objects.requireNonNull(objects.get(resource.path(""))).remove(key);
    Objects.requireNonNull(o);
    version++;
    ((ObjectNode) o.path("metadata")).put("resourceVersion", Long.toString(version));
    events.add(new Event(version, resource.path(""), "DELETED", o));
    notifyAll();
  }

  /** Forgets all events, as a server does after some minutes. */
  synchronized void forget() {
    version++;
    oldest = version;
    events.clear();
  }

  /** Tells every watch the newest version, without an object. */
  synchronized void bookmark(Resource resource) {
    version++;
    ObjectNode o = Rest.JSON.createObjectNode();
    o.putObject("metadata").put("resourceVersion", Long.toString(version));
    events.add(new Event(version, resource.path(""), "BOOKMARK", o));
    notifyAll();
  }

  /** Ends all watches. */
  synchronized void endWatches() {
    generation++;
    notifyAll();
  }

  /** Answers the next requests with an error. */
  synchronized void failNext(int count) {
    fail = count;
  }

  synchronized int stillToFail() {
    return fail;
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      Map<String, String> query = new HashMap<>();
      String raw = x.getRequestURI().getRawQuery();
      for (String pair : raw == null ? new String[0] : raw.split("&")) {
        int eq = pair.indexOf('=');
        query.put(
            pair.substring(0, eq),
            URLDecoder.decode(pair.substring(eq + 1), StandardCharsets.UTF_8));
      }
      requests.add(x.getRequestURI().getPath() + " " + new TreeMap<>(query));
      synchronized (this) {
        if (fail > 0) {
          fail--;
          answer(x, 500, "{\"kind\":\"Status\",\"message\":\"etcdserver: leader changed\"}");
          return;
        }
      }
      String path = x.getRequestURI().getPath();
      String namespace = "";
      if (path.contains("/namespaces/") && path.split("/").length > 5) {
        int at = path.indexOf("/namespaces/");
        String rest = path.substring(at + "/namespaces/".length());
        namespace = rest.substring(0, rest.indexOf('/'));
        path = path.substring(0, at) + rest.substring(rest.indexOf('/'));
      }
      if (query.containsKey("watch")) {
        watch(x, path, namespace, Long.parseLong(query.get("resourceVersion")));
      } else {
        list(x, path, namespace, query);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void list(HttpExchange x, String path, String namespace, Map<String, String> query)
      throws IOException {
    ObjectNode out = Rest.JSON.createObjectNode();
    out.put("kind", "List").put("apiVersion", "v1");
    synchronized (this) {
      List<JsonNode> all = new ArrayList<>();
      objects
          .getOrDefault(path, new TreeMap<>())
          .forEach(
              (k, o) -> {
                if (namespace.isEmpty() || k.startsWith(namespace + "/")) {
                  all.add(o);
                }
              });
      int from = Integer.parseInt(query.getOrDefault("continue", "0"));
      int to = Math.min(all.size(), from + Integer.parseInt(query.get("limit")));
      ObjectNode meta = out.putObject("metadata");
      meta.put("resourceVersion", Long.toString(version));
      if (to < all.size()) {
        meta.put("continue", Integer.toString(to));
      }
      all.subList(from, to).forEach(out.putArray("items")::add);
    }
    answer(x, 200, out.toString());
  }

  private void watch(HttpExchange x, String path, String namespace, long from)
      throws IOException, InterruptedException {
    long seen = from;
    int born;
    synchronized (this) {
      born = generation;
    }
    x.getResponseHeaders().set("Content-Type", "application/json");
    x.sendResponseHeaders(200, 0);
    OutputStream to = x.getResponseBody();
    while (true) {
      StringBuilder b = new StringBuilder();
      synchronized (this) {
        if (seen < oldest) {
          b.append(
              "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","
                  + "\"message\":\"too old resource version\"}}\n");
          to.write(b.toString().getBytes(StandardCharsets.UTF_8));
          return;
        }
        for (Event e : events) {
          if (e.version > seen
              && e.path.equals(path)
              && (namespace.isEmpty() || ClusterState.key(e.object).startsWith(namespace + "/"))) {
            ObjectNode event = Rest.JSON.createObjectNode();
            event.put("type", e.type).set("object", e.object);
            b.append(event).append('\n');
          }
          seen = Math.max(seen, e.version);
        }
        if (b.isEmpty()) {
          if (born != generation) {
            return;
          }
          wait();
          continue;
        }
      }
      to.write(b.toString().getBytes(StandardCharsets.UTF_8));
      to.flush();
    }
  }

  private static void answer(HttpExchange x, int status, String body) throws IOException {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    x.getResponseHeaders().set("Content-Type", "application/json");
    x.sendResponseHeaders(status, b.length);
    x.getResponseBody().write(b);
  }

  @Override
  public void close() {
    endWatches();
    server.stop(0);
  }
}
