package dev.tethys.insight.source;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.model.GoJson;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus for tests: answers names of metrics and instant queries of range selectors out of
 * samples in memory, or with whatever a test says.
 */
final class PrometheusDouble implements AutoCloseable {
  /** Answers a request in another way. */
  interface Answer {
    void write(HttpExchange x) throws IOException;
  }

  /** Queries with their times, in order of arrival. */
  final List<String> queries = Collections.synchronizedList(new ArrayList<>());

  private final Map<Labels, TreeMap<Long, String>> series = new ConcurrentSkipListMap<>();
  private final HttpServer server;
  private volatile @Nullable Answer ofQueries;
  private volatile @Nullable Answer ofAll;
  private volatile String authorization = "";

  PrometheusDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/prefix/", this::handle);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/prefix");
  }

  /** Authorization header of the last request. */
  String authorization() {
    return authorization;
  }

  /** Answers queries with this; null for the samples. */
  void answerQueries(@Nullable Answer a) {
    ofQueries = a;
  }

  /** Answers all requests with this; null for the samples. */
  void answerAll(@Nullable Answer a) {
    ofAll = a;
  }

  static Answer text(int status, String body) {
    return x -> send(x, status, body.getBytes(StandardCharsets.UTF_8));
  }

  static void send(HttpExchange x, int status, byte[] body) throws IOException {
    x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = x.getResponseBody()) {
      out.write(body);
    }
  }

  void add(Labels labels, long time, double value) {
    synchronized (series) {
      series.computeIfAbsent(labels, _ -> new TreeMap<>()).put(time, Double.toString(value));
    }
  }

  /** Adds samples each step of a range, whose value is their number of seconds. */
  void addEach(Labels labels, long from, long to, long step) {
    for (long t = from; t <= to; t += step) {
      add(labels, t, t / 1000.0);
    }
  }

  void clear() {
    synchronized (series) {
      series.clear();
    }
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      String a = x.getRequestHeaders().getFirst("Authorization");
      authorization = a == null ? "" : a;
      boolean isQuery = x.getRequestURI().getPath().endsWith("/query");
      Answer other = ofAll != null ? ofAll : isQuery ? ofQueries : null;
      String form =
          isQuery
              ? new String(x.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII)
              : String.valueOf(x.getRequestURI().getRawQuery());
      Map<String, String> parameters = parameters(form);
      if (isQuery) {
        queries.add(parameters.get("query") + "@" + parameters.get("time"));
      }
      if (other != null) {
        other.write(x);
      } else if (isQuery) {
        send(x, 200, matrix(parameters).getBytes(StandardCharsets.UTF_8));
      } else {
        send(x, 200, names(parameters).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static Map<String, String> parameters(String form) {
    Map<String, String> out = new HashMap<>();
    for (String p : form.split("&")) {
      String[] kv = p.split("=", 2);
      out.put(kv[0], URLDecoder.decode(kv[1], StandardCharsets.UTF_8));
    }
    return out;
  }

  private String names(Map<String, String> parameters) {
    long from = Long.parseLong(parameters.getOrDefault("start", "0")) * 1000;
    long to = Long.parseLong(parameters.getOrDefault("end", "0")) * 1000;
    TreeSet<String> names = new TreeSet<>();
    synchronized (series) {
      series.forEach(
          (l, samples) -> {
            if (!samples.subMap(from, true, to, true).isEmpty()) {
              names.add(l.metricName());
            }
          });
    }
    StringBuilder sb = new StringBuilder("{\"status\":\"success\",\"data\":[");
    for (String n : names) {
      GoJson.append(sb.append(sb.charAt(sb.length() - 1) == '[' ? "" : ","), n);
    }
    return sb + "]}";
  }

  private String matrix(Map<String, String> parameters) {
    Expr e = PromqlParser.parse(parameters.getOrDefault("query", ""), ParserOptions.ALL);
    if (!(e instanceof Expr.MatrixSelector m)) {
      throw new IllegalArgumentException("not a range selector: " + e);
    }
    long to = Long.parseLong(parameters.getOrDefault("time", "0")) * 1000;
    long from = to - m.range().millis();
    StringBuilder sb =
        new StringBuilder(
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[");
    String separator = "";
    synchronized (series) {
      for (Map.Entry<Labels, TreeMap<Long, String>> s : series.entrySet()) {
        Map<Long, String> in = s.getValue().subMap(from, false, to, true);
        if (in.isEmpty() || !Matcher.matchAll(m.selector().matchers(), s.getKey())) {
          continue;
        }
        sb.append(separator).append("{\"metric\":");
        separator = ",";
        sb.append(labels(s.getKey())).append(",\"values\":[");
        in.forEach(
            (t, v) -> {
              sb.append(sb.charAt(sb.length() - 1) == '[' ? "" : ",");
              sb.append('[').append(t / 1000).append('.').append("%03d".formatted(t % 1000));
              sb.append(",\"").append(v).append("\"]");
            });
        sb.append("]}");
      }
    }
    return sb + "]}}";
  }

  private static String labels(Labels l) {
    StringBuilder sb = new StringBuilder("{");
    for (Labels.Label x : l.toList()) {
      GoJson.append(sb.append(sb.length() == 1 ? "" : ","), x.name()).append(':');
      GoJson.append(sb, x.value());
    }
    return sb + "}";
  }

  /** Selector of a name in the form in which sources are asked. */
  static String selector(String name) {
    return "{__name__=" + GoQuote.quote(name) + "}";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
