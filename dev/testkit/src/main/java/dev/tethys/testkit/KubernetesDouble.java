package dev.tethys.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Test double of the Kubernetes API, following its documentation. Supports lists with pages,
 * watches from a version, bookmarks, and 410 for expired versions; for single objects get, create,
 * and update, which returns 409 unless the version is the newest.
 */
public class KubernetesDouble implements AutoCloseable {
  private record Event(long version, String path, String key, String type, String object) {}

  /** Received requests: path and query. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  private static final Pattern META = Pattern.compile("\"metadata\"\\s*:\\s*\\{");
  private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"\\d+\",");
  private static final Pattern NUMBER = Pattern.compile("\"resourceVersion\":\"(\\d+)\"");
  private static final Pattern OBJECT_NAME = Pattern.compile("\"name\":\"([^\"]+)\"");
  private static final String NAME = "metadata.name=";

  private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
  private final Set<String> undefined = ConcurrentHashMap.newKeySet();
  private final HttpServer server;
  private final Map<String, TreeMap<String, String>> objects = new HashMap<>();
  private final List<Event> events = new ArrayList<>();
  private long version = 100;
  private long oldest;
  private int generation;
  private int fail;
  private volatile boolean ready = true;

  public KubernetesDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /**
   * Creates or changes an object.
   *
   * @param path path of the list of such objects
   * @param key {@code namespace/name}, or its name
   * @param json starts with its metadata
   */
  public synchronized void put(String path, String key, String json) {
    version++;
    String o = versioned(json);
    boolean is = objects.computeIfAbsent(path, _ -> new TreeMap<>()).put(key, o) != null;
    events.add(new Event(version, path, key, is ? "MODIFIED" : "ADDED", o));
    notifyAll();
  }

  public synchronized void delete(String path, String key) {
    String o = Objects.requireNonNull(objects.get(path)).remove(key);
    version++;
    events.add(new Event(version, path, key, "DELETED", versioned(Objects.requireNonNull(o))));
    notifyAll();
  }

  private String versioned(String json) {
    String bare = VERSION.matcher(json.strip()).replaceFirst("");
    String out = META.matcher(bare).replaceFirst("$0\"resourceVersion\":\"" + version + "\",");
    if (out.equals(bare)) {
      throw new IllegalArgumentException("no metadata: " + json);
    }
    return out.replace('\n', ' '); // an event is a line
  }

  /** Discards all events, as a server does after some minutes. */
  public synchronized void forget() {
    version++;
    oldest = version;
    events.clear();
  }

  /** Notifies every watch of the newest version, without an object. */
  public synchronized void bookmark(String path) {
    version++;
    String o = "{\"metadata\":{\"resourceVersion\":\"" + version + "\"}}";
    events.add(new Event(version, path, "", "BOOKMARK", o));
    notifyAll();
  }

  /** Ends all watches. */
  public synchronized void endWatches() {
    generation++;
    notifyAll();
  }

  /** Forbids access to a path, or allows it again. */
  public void forbid(String path, boolean is) {
    if (is) {
      forbidden.add(path);
    } else {
      forbidden.remove(path);
    }
  }

  /** Removes a resource type, as if its definition were missing. */
  public void undefine(String path) {
    undefined.add(path);
  }

  /** Sets whether it reports that it has read its definitions. */
  public void ready(boolean is) {
    ready = is;
  }

  /** Responds to the next requests with an error. */
  public synchronized void failNext(int count) {
    fail = count;
  }

  public synchronized int stillToFail() {
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
      if (forbidden.contains(path)) {
        answer(x, 403, "{\"kind\":\"Status\",\"message\":\"" + path + " is forbidden\"}");
        return;
      }
      if (path.equals("/readyz")) {
        answer(x, ready ? 200 : 500, ready ? "ok" : "[-]poststarthook/crd-informer-synced failed");
        return;
      }
      if (undefined.contains(path)) {
        answer(x, 404, "404 page not found");
        return;
      }
      String namespace = "";
      if (path.contains("/namespaces/") && path.split("/").length > 5) {
        int at = path.indexOf("/namespaces/");
        String rest = path.substring(at + "/namespaces/".length());
        namespace = rest.substring(0, rest.indexOf('/'));
        path = path.substring(0, at) + rest.substring(rest.indexOf('/'));
      }
      if (!x.getRequestMethod().equals("GET") || (!query.containsKey("limit") && isSingle(path))) {
        single(x, path, namespace);
      } else if (query.containsKey("watch")) {
        watch(x, path, namespace, query);
      } else {
        list(x, path, namespace, query);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isSingle(String path) {
    return path.contains("/leases/") || path.contains("/secrets/");
  }

  /** Reads or writes a single object. */
  private void single(HttpExchange x, String path, String namespace) throws IOException {
    String sent = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean creates = x.getRequestMethod().equals("POST");
    String name = creates ? found(OBJECT_NAME, sent) : path.substring(path.lastIndexOf('/') + 1);
    String list = creates ? path : path.substring(0, path.lastIndexOf('/'));
    String key = namespace.isEmpty() ? name : namespace + "/" + name;
    int status;
    String body;
    synchronized (this) {
      String is = objects.getOrDefault(list, new TreeMap<>()).get(key);
      boolean writes = !x.getRequestMethod().equals("GET");
      boolean wrong =
          creates ? is != null : writes && !found(NUMBER, sent).equals(found(NUMBER, "" + is));
      if (is == null && !creates) {
        status = 404;
        body = "{\"kind\":\"Status\",\"message\":\"not found\"}";
      } else if (wrong) {
        status = 409;
        body = "{\"kind\":\"Status\",\"message\":\"the object has been modified\"}";
      } else {
        if (writes) {
          put(list, key, sent);
        }
        status = creates ? 201 : 200;
        body = Objects.requireNonNull(Objects.requireNonNull(objects.get(list)).get(key));
      }
    }
    answer(x, status, body);
  }

  /** Returns the current object; {@code ""} for none. */
  public synchronized String object(String path, String key) {
    return objects.getOrDefault(path, new TreeMap<>()).getOrDefault(key, "");
  }

  private static String found(Pattern p, String in) {
    Matcher m = p.matcher(in);
    return m.find() ? m.group(1) : "";
  }

  private void list(HttpExchange x, String path, String namespace, Map<String, String> query)
      throws IOException {
    String body;
    synchronized (this) {
      List<String> all = new ArrayList<>();
      objects
          .getOrDefault(path, new TreeMap<>())
          .forEach(
              (k, o) -> {
                if (in(k, namespace, query)) {
                  all.add(o);
                }
              });
      int from = Integer.parseInt(query.getOrDefault("continue", "0"));
      int to = Math.min(all.size(), from + Integer.parseInt(query.get("limit")));
      String more = to < all.size() ? ",\"continue\":\"" + to + "\"" : "";
      body =
          "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
              + version
              + "\""
              + more
              + "},\"items\":["
              + String.join(",", all.subList(from, to))
              + "]}";
    }
    answer(x, 200, body);
  }

  private static boolean in(String key, String namespace, Map<String, String> query) {
    String field = query.getOrDefault("fieldSelector", "");
    String name = field.startsWith(NAME) ? field.substring(NAME.length()) : key;
    return (namespace.isEmpty() || key.startsWith(namespace + "/")) && key.equals(name);
  }

  private void watch(HttpExchange x, String path, String namespace, Map<String, String> query)
      throws IOException, InterruptedException {
    long seen = Long.parseLong(query.get("resourceVersion"));
    int born;
    synchronized (this) {
      born = generation;
    }
    x.getResponseHeaders().set("Content-Type", "application/json");
    x.sendResponseHeaders(200, 0);
    OutputStream to = x.getResponseBody();
    to.flush(); // a server confirms a watch immediately
    while (true) {
      StringBuilder b = new StringBuilder();
      synchronized (this) {
        if (seen < oldest) {
          b.append(
              "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"too"
                  + " old resource version\"}}\n");
          to.write(b.toString().getBytes(StandardCharsets.UTF_8));
          return;
        }
        for (Event e : events) {
          if (e.version > seen
              && e.path.equals(path)
              && (e.key.isEmpty() || in(e.key, namespace, query))) {
            b.append("{\"type\":\"").append(e.type).append("\",\"object\":");
            b.append(e.object).append("}\n");
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
