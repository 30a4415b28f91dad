package dev.tethys.app;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * The pods of a cluster as its API lists and watches them; a selector of fields names a node or
 * nothing.
 */
final class PodsDouble implements AutoCloseable {
  private record Pod(String node, String json) {}

  private record Event(long version, String type, Pod pod) {}

  /** The selectors of fields that were requested. */
  final List<String> selectors = new CopyOnWriteArrayList<>();

  private final HttpServer server;

  @GuardedBy("this")
  private final Map<String, Pod> pods = new TreeMap<>();

  @GuardedBy("this")
  private final List<Event> events = new ArrayList<>();

  @GuardedBy("this")
  private long version = 1;

  @GuardedBy("this")
  private boolean closed;

  PodsDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/v1/pods", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A pod with one container runs on a node. */
  synchronized void put(String name, String uid, String node, String labels) {
    version++;
    String json =
        """
        {"kind":"Pod","metadata":{"namespace":"shop","name":"%s","uid":"%s","labels":%s,\
        "resourceVersion":"%d"},"spec":{"nodeName":"%s","containers":[{"name":"main",\
        "image":"i"}]},"status":{"phase":"Running","podIP":"10.0.0.1","hostIP":"10.1.0.1"}}
        """
            .formatted(name, uid, labels, version, node)
            .strip();
    Pod p = new Pod(node, json);
    boolean known = pods.put(name, p) != null;
    events.add(new Event(version, known ? "MODIFIED" : "ADDED", p));
    notifyAll();
  }

  synchronized void delete(String name) {
    version++;
    Pod p = requireNonNull(pods.remove(name));
    events.add(new Event(version, "DELETED", p));
    notifyAll();
  }

  private void answer(HttpExchange x) throws IOException {
    try (x) {
      Map<String, String> query = new TreeMap<>();
      for (String pair : x.getRequestURI().getRawQuery().split("&")) {
        String[] kv = pair.split("=", 2);
        query.put(kv[0], URLDecoder.decode(kv[1], StandardCharsets.UTF_8));
      }
      String selector = query.getOrDefault("fieldSelector", "");
      selectors.add(selector);
      String node = selector.replaceFirst("^spec.nodeName=", "");
      x.getResponseHeaders().set("Content-Type", "application/json");
      if (query.containsKey("watch")) {
        watch(x, node, Long.parseLong(query.get("resourceVersion")));
      } else {
        byte[] b = list(node).getBytes(StandardCharsets.UTF_8);
        x.sendResponseHeaders(200, b.length);
        x.getResponseBody().write(b);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isOf(Pod p, String node) {
    return node.isEmpty() || p.node.equals(node);
  }

  private synchronized String list(String node) {
    return pods.values().stream()
        .filter(p -> isOf(p, node))
        .map(Pod::json)
        .collect(
            Collectors.joining(
                ",",
                "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
                    + version
                    + "\"},\"items\":[",
                "]}"));
  }

  private void watch(HttpExchange x, String node, long from)
      throws IOException, InterruptedException {
    x.sendResponseHeaders(200, 0);
    OutputStream to = x.getResponseBody();
    long seen = from;
    while (true) {
      StringBuilder b = new StringBuilder();
      synchronized (this) {
        for (Event e : events) {
          if (e.version > seen && isOf(e.pod, node)) {
            b.append("{\"type\":\"").append(e.type).append("\",\"object\":");
            b.append(e.pod.json).append("}\n");
          }
        }
        seen = version;
        if (closed) {
          return;
        }
        if (b.isEmpty()) {
          wait();
          continue;
        }
      }
      to.write(b.toString().getBytes(StandardCharsets.UTF_8));
      to.flush();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    server.stop(0);
  }
}
