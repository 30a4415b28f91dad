package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenTSDB 2.4 as its documentation describes it (opentsdb.net: "Writing Data", {@code /api/put},
 * {@code /api/query}, {@code /api/suggest}, telnet's {@code put} and {@code version}), with names
 * kept in Latin-1 and bodies above 8 KiB refused unless chunks are enabled.
 */
final class OpenTsdbDouble implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The metric that is not there and is not made. */
  static final String UNKNOWN = "never_made";

  private static final int CHUNK = 8192;
  private static final int MAX_TAGS = 8;
  private static final int MAX_LINE = 1024;

  private record Series(String metric, Map<String, String> tags) {}

  private final LoopbackHttp http;
  private final int telnetPort;
  private volatile ServerSocket telnet;
  private final boolean chunked;
  private final Map<Series, TreeMap<Long, Double>> points = new HashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private int throttled;

  /**
   * Starts it.
   *
   * @param chunked whether bodies above 8 KiB are taken
   */
  OpenTsdbDouble(boolean chunked) throws IOException {
    this.chunked = chunked;
    http = new LoopbackHttp(this::serve);
    telnet = listen(0);
    telnetPort = telnet.getLocalPort();
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket s = new ServerSocket(at, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(s));
    return s;
  }

  /** Ends connections wherever they are, and continues with what it has. */
  void restart() throws IOException, InterruptedException {
    http.restart();
    telnet.close();
    for (Socket s : List.copyOf(open)) {
      try {
        s.setSoLinger(true, 0);
        s.close();
      } catch (SocketException e) {
        // it has come to its end by itself meanwhile
      }
    }
    TestPipeline.await(
        "its port is free",
        ExporterContract.TIME_LIMIT,
        () -> {
          try {
            telnet = listen(telnetPort);
            return true;
          } catch (IOException e) {
            return false;
          }
        });
  }

  int port() {
    return http.port();
  }

  int telnetPort() {
    return telnetPort;
  }

  /** So many of the next points are answered by a request for less. */
  synchronized void throttle(int n) {
    throttled = n;
  }

  /** Receives each stored point. */
  interface Visitor {
    void point(String metric, Map<String, String> tags, long time, double value);
  }

  /** All points. */
  synchronized void forEach(Visitor v) {
    points.forEach((s, all) -> all.forEach((t, value) -> v.point(s.metric, s.tags, t, value)));
  }

  /** How many points there are. */
  synchronized int size() {
    return points.values().stream().mapToInt(TreeMap::size).sum();
  }

  private void serve(HttpExchange x) throws IOException {
    try (x) {
      answered(x);
    }
  }

  private void answered(HttpExchange x) throws IOException {
    try {
      InputStream raw = x.getRequestBody();
      byte[] wire = raw.readAllBytes();
      byte[] body = wire;
      if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
        body = new GZIPInputStream(new java.io.ByteArrayInputStream(wire)).readAllBytes();
      }
      String path = x.getRequestURI().getPath();
      if (wire.length > CHUNK && !chunked) {
        error(x, 400, "Chunked request not supported.");
        return;
      }
      Map<String, String> params = new HashMap<>();
      String query = x.getRequestURI().getQuery();
      for (String p : query == null ? new String[0] : query.split("&")) {
        int eq = p.indexOf('=');
        params.put(eq < 0 ? p : p.substring(0, eq), eq < 0 ? "" : p.substring(eq + 1));
      }
      switch (path) {
        case "/api/put" -> put(x, body);
        case "/api/query" -> query(x, body, params);
        case "/api/suggest" -> suggest(x, params);
        case "/api/version" -> answer(x, 200, "{\"version\":\"2.4.1\",\"short_revision\":\"\"}");
        case "/api/config" ->
            answer(x, 200, "{\"tsd.http.request.enable_chunked\":\"" + chunked + "\"}");
        default -> error(x, 404, "Endpoint not found");
      }
    } catch (tools.jackson.core.JacksonException e) {
      error(x, 400, "Unable to parse the given JSON");
    }
  }

  private static void answer(HttpExchange x, int status, String body) throws IOException {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    x.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
    x.sendResponseHeaders(status, b.length == 0 ? -1 : b.length);
    x.getResponseBody().write(b);
  }

  private static void error(HttpExchange x, int status, String message) throws IOException {
    ObjectNode n = JSON.createObjectNode();
    n.putObject("error").put("code", status).put("message", message);
    answer(x, status, n.toString());
  }

  private static void valid(String what, String s) {
    if (s.isEmpty()) {
      throw new IllegalArgumentException("Invalid " + what + ": empty string");
    }
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!(Character.isLetter(c) || c >= '0' && c <= '9' || "-_./".indexOf(c) >= 0)) {
        throw new IllegalArgumentException(
            "Invalid " + what + " (\"" + s + "\"): illegal character: " + c);
      }
    }
    if (s.length() > 32_767) {
      throw new IllegalArgumentException("Row length " + s.length() + " is > 32767");
    }
  }

  /** Names are kept in Latin-1. */
  private static String kept(String name) {
    return new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
  }

  private synchronized void store(
      String metric, long time, String value, Map<String, String> tags) {
    if (throttled > 0) {
      throttled--;
      throw new IllegalArgumentException("Please throttle writes: 10000 RPCs waiting on region");
    }
    valid("metric name", metric);
    if (metric.equals(UNKNOWN)) {
      throw new IllegalArgumentException("Unknown metric");
    }
    if (tags.isEmpty()) {
      throw new IllegalArgumentException("Need at least one tag (metric=" + metric + ")");
    }
    if (tags.size() > MAX_TAGS) {
      throw new IllegalArgumentException(
          "Too many tags: " + tags.size() + " maximum allowed: " + MAX_TAGS);
    }
    Map<String, String> keptTags = new TreeMap<>();
    tags.forEach(
        (k, v) -> {
          valid("tag name", k);
          valid("tag value", v);
          keptTags.put(kept(k), kept(v));
        });
    if (time <= 0 || time >>> 32 != 0 && (time < 1_000_000_000_000L || time > 9_999_999_999_999L)) {
      throw new IllegalArgumentException("invalid timestamp " + time);
    }
    double v;
    try {
      v =
          value.matches("-?\\d+")
              ? Long.parseLong(value)
              : (float) Double.parseDouble(value) == Double.parseDouble(value)
                  ? Float.parseFloat(value)
                  : Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("Unable to parse value to a number");
    }
    if (!Double.isFinite(v)) {
      throw new IllegalArgumentException("value is NaN or Infinite: " + v);
    }
    points
        .computeIfAbsent(new Series(kept(metric), keptTags), s -> new TreeMap<>())
        .put(time >>> 32 == 0 ? time * 1000 : time, v);
  }

  private void put(HttpExchange x, byte[] body) throws IOException {
    JsonNode all = JSON.readTree(body);
    ArrayNode errors = JSON.createArrayNode();
    int n = 0;
    for (JsonNode p : all.isArray() ? all : JSON.createArrayNode().add(all)) {
      n++;
      try {
        Map<String, String> tags = new HashMap<>();
        p.path("tags").properties().forEach(t -> tags.put(t.getKey(), t.getValue().asString()));
        store(
            p.path("metric").asString(),
            p.path("timestamp").asLong(),
            p.path("value").asString(),
            tags);
      } catch (IllegalArgumentException e) {
        ObjectNode error = errors.addObject();
        ObjectNode point = error.putObject("datapoint");
        point.set("metric", p.path("metric"));
        point.set("timestamp", p.path("timestamp"));
        point.put("value", p.path("value").asString());
        point.set("tags", p.path("tags"));
        error.put("error", e.getMessage());
      }
    }
    ObjectNode summary = JSON.createObjectNode();
    summary.put("success", n - errors.size()).put("failed", errors.size()).set("errors", errors);
    answer(x, errors.isEmpty() ? 200 : 400, summary.toString());
  }

  private synchronized void suggest(HttpExchange x, Map<String, String> params) throws IOException {
    TreeSet<String> names = new TreeSet<>();
    points.keySet().forEach(s -> names.add(s.metric));
    ArrayNode out = JSON.createArrayNode();
    names.stream().limit(Integer.parseInt(params.getOrDefault("max", "25"))).forEach(out::add);
    answer(x, 200, out.toString());
  }

  private synchronized void query(HttpExchange x, byte[] body, Map<String, String> params)
      throws IOException {
    JsonNode q = JSON.readTree(body);
    long start = q.path("start").asLong();
    long end = q.path("end").asLong();
    if (start <= 0 || end <= start || !q.path("msResolution").asBoolean()) {
      error(x, 400, "Invalid time range or resolution");
      return;
    }
    ArrayNode out = JSON.createArrayNode();
    for (JsonNode one : q.path("queries")) {
      String metric = one.path("metric").asString();
      if (!one.path("aggregator").asString().equals("none")) {
        error(x, 400, "No such aggregator here");
        return;
      }
      String unknown = unknown(metric, one.path("filters"));
      if (unknown != null) {
        error(x, 400, unknown);
        return;
      }
      boolean count = one.path("downsample").asString("").equals("0all-count");
      points.forEach(
          (s, samples) -> {
            Map<Long, Double> within = samples.subMap(start, true, end, true);
            if (!s.metric.equals(metric) || !matches(s, one.path("filters")) || within.isEmpty()) {
              return;
            }
            ObjectNode series = out.addObject();
            series.put("metric", metric);
            ObjectNode tags = series.putObject("tags");
            s.tags.forEach(tags::put);
            series.putArray("aggregateTags");
            if (!params.containsKey("arrays")) {
              throw new IllegalStateException("only arrays are known here");
            }
            ArrayNode dps = series.putArray("dps");
            if (count) {
              dps.addArray().add(start).add(within.size());
            } else {
              within.forEach((t, v) -> dps.addArray().add(t).add(v));
            }
          });
    }
    answer(x, 200, out.toString());
  }

  private @Nullable String unknown(String metric, JsonNode filters) {
    if (points.keySet().stream().noneMatch(s -> s.metric.equals(metric))) {
      return "No such name for 'metrics': '" + metric + "'";
    }
    for (JsonNode f : filters) {
      String k = f.path("tagk").asString();
      if (points.keySet().stream().noneMatch(s -> s.tags.containsKey(k))) {
        return "No such name for 'tagk': '" + k + "'";
      }
      if (f.path("type").asString().equals("not_literal_or")
          && f.path("filter").asString().length() < 2) {
        return "Filter cannot be null or empty";
      }
      if (f.path("type").asString().equals("literal_or")) { // looked up before anything is found
        for (String v : f.path("filter").asString().split("\\|")) {
          if (points.keySet().stream().noneMatch(s -> s.tags.containsValue(v))) {
            return "No such name for 'tagv': '" + v + "'";
          }
        }
      }
    }
    return null;
  }

  private static boolean matches(Series s, JsonNode filters) {
    for (JsonNode f : filters) {
      String value = s.tags.get(f.path("tagk").asString());
      if (value == null
          || !matches(value, f.path("type").asString(), f.path("filter").asString())) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(String value, String type, String filter) {
    return switch (type) {
      case "literal_or" -> List.of(filter.split("\\|")).contains(value);
      case "not_literal_or" -> !List.of(filter.split("\\|")).contains(value);
      case "regexp" -> Pattern.compile(filter).matcher(value).find();
      case "wildcard" -> {
        if (!filter.matches("[^*]*\\*")) {
          throw new IllegalStateException("only beginnings are known here");
        }
        yield value.startsWith(filter.substring(0, filter.length() - 1));
      }
      default -> throw new IllegalStateException("no filter " + type);
    };
  }

  private void accept(ServerSocket at) {
    while (!at.isClosed()) {
      try {
        Socket s = at.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> talk(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void talk(Socket s) {
    try (s;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(s.getInputStream(), StandardCharsets.ISO_8859_1));
        OutputStream out = s.getOutputStream()) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.length() > MAX_LINE) {
          out.write("error: frame length exceeds 1024\n".getBytes(StandardCharsets.US_ASCII));
          return;
        }
        out.write(said(line).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (IOException e) {
      // as networks do
    } finally {
      open.remove(s);
    }
  }

  private String said(String line) {
    String[] words = line.split(" ");
    if (words[0].equals("version")) {
      return "net.opentsdb.tools 2.4.1 built at revision  (MINT)\nBuilt on 2021/09/02 by root@x\n";
    }
    if (!words[0].equals("put") || words.length < 5) {
      return "put: illegal argument: not enough arguments\n";
    }
    Map<String, String> tags = new HashMap<>();
    for (String t : List.of(words).subList(4, words.length)) {
      String[] both = t.split("=", 2);
      if (both.length < 2) {
        return "put: illegal argument: invalid tag: " + t + "\n";
      }
      tags.put(both[0], both[1]);
    }
    try {
      store(words[1], Long.parseLong(words[2]), words[3], tags);
      return "";
    } catch (IllegalArgumentException e) {
      return "put: illegal argument: " + e.getMessage() + "\n";
    }
  }

  @Override
  public void close() {
    http.close();
    try {
      telnet.close();
    } catch (IOException e) {
      // it is closed
    }
    new ArrayList<>(open)
        .forEach(
            s -> {
              try {
                s.close();
              } catch (IOException e) {
                // it is closed
              }
            });
  }
}
