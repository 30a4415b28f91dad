package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * TDengine 3 behind taosAdapter, as its documentation describes it (docs.tdengine.com: "REST API",
 * "Schemaless Ingestion", "JSON Type", "Error Codes"): lines of InfluxDB's protocol, and the SQL
 * that a writer and a reader of samples send. Statements that it does not understand are errors of
 * syntax.
 */
final class TdengineDouble implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_SQL = 1 << 20;
  private static final int SYNTAX = 0x2600;
  private static final int NO_TABLE = 0x2603;
  private static final int NO_COLUMN = 0x2602;
  private static final int NO_DATABASE = 0x0388;
  private static final Pattern ROW =
      Pattern.compile(
          "\\G\\s*`(t_[0-9a-f]{32})` USING `(\\w+)` TAGS \\('([^'\\\\]*)'\\)"
              + " \\(ts,(value|mark)\\) VALUES \\((\\d+),([^)]*)\\)\\s*");
  private static final Pattern SELECT =
      Pattern.compile("SELECT (.+?) FROM `([^`]+)` WHERE (\\w+) (.*)");
  private static final Pattern TIMES = Pattern.compile("(?:^|AND _?ts )(>=|<=|=) (-?\\d+)");
  private static final String COLUMN = "(?:`[^`]+`|labels->'[^']+')";
  private static final Pattern COMPARED =
      Pattern.compile(
          "(?:AND )?(" + COLUMN + ") (=|<>|LIKE|IN|NOT IN|IS NOT NULL) ?('[^']*'|\\([^)]*\\)|)");
  private static final Pattern EITHER =
      Pattern.compile("AND \\((" + COLUMN + " = '[^']*'(?: OR " + COLUMN + " = '[^']*')+)\\)");
  private static final Pattern NEITHER =
      Pattern.compile("AND \\((" + COLUMN + " <> '[^']*'(?: AND " + COLUMN + " <> '[^']*')+)\\)");

  /**
   * Response to a statement.
   *
   * @param rows values: Instant, Double, Integer, String, Map for JSON, or null
   */
  record Table(List<String> columns, List<List<@Nullable Object>> rows) {
    static Table affected(int rows) {
      return new Table(List.of(AFFECTED), List.of(List.of(rows)));
    }

    /** Number of rows that a statement wrote; -1 of a query. */
    int affected() {
      return columns.equals(List.of(AFFECTED)) ? (Integer) rows.getFirst().getFirst() : -1;
    }

    /** Type of a column as SQL names it. */
    String type(int column) {
      for (List<@Nullable Object> row : rows) {
        switch (row.get(column)) {
          case null -> {}
          case Instant i -> {
            return "TIMESTAMP";
          }
          case Double d -> {
            return "DOUBLE";
          }
          case Integer i -> {
            return "INT";
          }
          case Map<?, ?> m -> {
            return "JSON";
          }
          default -> {
            return "VARCHAR";
          }
        }
      }
      return "VARCHAR";
    }
  }

  private static final String AFFECTED = "affected_rows";

  /** A statement that is refused. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int code;

    Refused(int code, String reason) {
      super(reason);
      this.code = code;
    }
  }

  /** The tables of one super table. */
  private static final class Super {
    final Set<String> columns = new LinkedHashSet<>();
    final Set<String> tags = new LinkedHashSet<>();
    final Map<Map<String, String>, TreeMap<Long, Map<String, Object>>> tables = new HashMap<>();

    void row(Map<String, String> of, long time, String column, Object value) {
      columns.add(column);
      tags.addAll(of.keySet());
      tables
          .computeIfAbsent(of, t -> new TreeMap<>())
          .computeIfAbsent(time, t -> new HashMap<>())
          .put(column, value);
    }
  }

  private final LoopbackHttp http;
  private final Map<String, Map<String, Super>> databases = new HashMap<>();

  TdengineDouble() throws IOException {
    http = new LoopbackHttp(this::serve);
  }

  int port() {
    return http.port();
  }

  /** Ends connections wherever they are, and continues with what it has. */
  void restart() throws InterruptedException {
    http.restart();
  }

  /** What CREATE TOKEN would give. */
  static final String TOKEN = "enterprise";

  static final String CLOUD_TOKEN = "cloud";

  /** Receives each stored row. */
  interface Visitor {
    void row(String superTable, Map<String, String> tags, long time, Map<String, Object> columns);
  }

  /** All rows of a database. */
  synchronized void forEach(String database, Visitor v) {
    databases
        .getOrDefault(database, Map.of())
        .forEach(
            (name, s) ->
                s.tables.forEach(
                    (tags, rows) -> rows.forEach((t, columns) -> v.row(name, tags, t, columns))));
  }

  private void serve(HttpExchange x) throws IOException {
    try (x) {
      byte[] body = x.getRequestBody().readAllBytes();
      if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
        body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
      }
      String text = new String(body, StandardCharsets.UTF_8);
      String path = x.getRequestURI().getPath();
      String login =
          Base64.getEncoder().encodeToString("root:taosdata".getBytes(StandardCharsets.US_ASCII));
      String said = String.valueOf(x.getRequestHeaders().getFirst("Authorization"));
      String query = String.valueOf(x.getRequestURI().getRawQuery());
      boolean inCloud = List.of(query.split("&")).contains("token=" + CLOUD_TOKEN);
      if (!inCloud && !said.equals("Basic " + login) && !said.equals("Bearer " + TOKEN)) {
        answer(x, 401, "{\"code\":855,\"desc\":\"Authentication failure\"}");
      } else if (path.equals("/influxdb/v1/write")) {
        lines(x, text);
      } else if (path.startsWith("/rest/sql")) {
        answer(x, 200, sql(path.substring(9).replace("/", ""), text));
      } else {
        answer(x, 404, "{}");
      }
    }
  }

  private static void answer(HttpExchange x, int status, String body) throws IOException {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(status, b.length == 0 ? -1 : b.length);
    x.getResponseBody().write(b);
  }

  private String sql(String database, String sql) {
    try {
      return json(run(database, sql));
    } catch (Refused e) {
      return "{\"code\":" + e.code + ",\"desc\":\"" + e.getMessage() + "\"}";
    }
  }

  /** Runs a statement in a database, which may be empty. */
  synchronized Table run(String database, String sql) throws Refused {
    if (sql.length() > MAX_SQL) {
      throw new Refused(SYNTAX, "SQL statement too long");
    }
    Matcher use = Pattern.compile("(?i)use (\\w+)").matcher(sql);
    if (use.matches()) {
      if (!databases.containsKey(use.group(1))) {
        throw new Refused(NO_DATABASE, "Database not exist");
      }
      return Table.affected(0);
    }
    if (sql.equals("SELECT SERVER_VERSION()")) {
      return new Table(List.of("server_version()"), List.of(List.of("3.3.6.0")));
    }
    Matcher m =
        Pattern.compile("CREATE DATABASE IF NOT EXISTS `(\\w+)` PRECISION 'ms' .*").matcher(sql);
    if (m.matches()) {
      databases.computeIfAbsent(m.group(1), d -> new TreeMap<>());
      return Table.affected(0);
    }
    m =
        Pattern.compile("SELECT (\\w+) FROM information_schema.ins_(\\w+) WHERE \\w+ = '(\\w+)'")
            .matcher(sql);
    if (m.matches()) {
      String name = m.group(3);
      Map<String, Super> found = databases.get(name);
      List<List<@Nullable Object>> rows = new ArrayList<>();
      if (m.group(2).equals("databases") && found != null) {
        rows.add(List.of(name));
      } else if (found != null) {
        found.keySet().forEach(s -> rows.add(List.of(s)));
      }
      return new Table(List.of(m.group(1)), rows);
    }
    Map<String, Super> in = databases.get(database);
    if (in == null) {
      throw new Refused(NO_DATABASE, "Database not exist");
    }
    m =
        Pattern.compile(
                "CREATE STABLE IF NOT EXISTS `(\\w+)` \\(ts TIMESTAMP, value DOUBLE, mark"
                    + " VARCHAR\\(8\\)\\) TAGS \\(labels JSON\\)")
            .matcher(sql);
    if (m.matches()) {
      in.computeIfAbsent(m.group(1), t -> new Super()).columns.addAll(List.of("value", "mark"));
      return Table.affected(0);
    }
    if (sql.startsWith("INSERT INTO ")) {
      return insert(in, sql.substring(12));
    }
    m = SELECT.matcher(sql);
    if (m.matches()) {
      return select(in, m);
    }
    throw new Refused(SYNTAX, "syntax error");
  }

  private static Table insert(Map<String, Super> in, String rows) {
    Matcher m = ROW.matcher(rows);
    int at = 0;
    int n = 0;
    while (m.find()) {
      Super s = in.get(m.group(2));
      if (s == null) {
        throw new Refused(NO_TABLE, "Table does not exist");
      }
      Map<String, String> labels = json(m.group(3));
      Object value =
          m.group(4).equals("value")
              ? (Object) Double.valueOf(m.group(6))
              : m.group(6).replace("'", "");
      s.row(labels, Long.parseLong(m.group(5)), m.group(4), value);
      at = m.end();
      n++;
    }
    if (at != rows.length()) {
      throw new Refused(SYNTAX, "syntax error near " + at);
    }
    return Table.affected(n);
  }

  /** Without escapes, and with keys of visible ASCII. */
  private static Map<String, String> json(String text) {
    if (text.getBytes(StandardCharsets.UTF_8).length > 4095 || text.contains("\\")) {
      throw new Refused(0x2653, "Invalid JSON tag");
    }
    Map<String, String> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : JSON.readTree(text).properties()) {
      if (!e.getKey().matches("[\\x21-\\x7e]{1,256}")) {
        throw new Refused(0x2653, "Invalid JSON key");
      }
      out.put(e.getKey(), e.getValue().asString());
    }
    return out;
  }

  private static Table select(Map<String, Super> in, Matcher m) {
    Super s = in.get(m.group(2));
    if (s == null) {
      throw new Refused(NO_TABLE, "Table does not exist");
    }
    String conditions = m.group(4);
    Predicate<Long> within = t -> true;
    Matcher times = TIMES.matcher(conditions);
    while (times.find()) {
      long bound = Long.parseLong(times.group(2));
      within =
          within.and(
              switch (times.group(1)) {
                case ">=" -> t -> t >= bound;
                case "<=" -> t -> t <= bound;
                default -> t -> t == bound;
              });
    }
    boolean json = m.group(3).equals("ts");
    Predicate<Map<String, String>> tags = condition(s, json, conditions);
    List<String> columns = new ArrayList<>();
    if (m.group(1).equals("*")) {
      columns.add("_ts");
      columns.addAll(s.columns);
      columns.addAll(s.tags);
    } else {
      columns.addAll(List.of(m.group(1).split(",")));
    }
    List<List<@Nullable Object>> rows = new ArrayList<>();
    for (var t : s.tables.entrySet()) {
      if (!tags.test(t.getKey())) {
        continue;
      }
      for (var r : t.getValue().entrySet()) {
        if (within.test(r.getKey())) {
          List<@Nullable Object> row = new ArrayList<>();
          for (String c : columns) {
            Object v = r.getValue().get(c);
            row.add(
                switch (c) {
                  case "_ts" -> Instant.ofEpochMilli(r.getKey());
                  case "ts" -> json ? Instant.ofEpochMilli(r.getKey()) : t.getKey().get(c);
                  case "labels" -> json ? t.getKey() : t.getKey().get(c);
                  default -> v != null || json ? v : t.getKey().get(c);
                });
          }
          rows.add(row);
        }
      }
    }
    return new Table(columns, rows);
  }

  /** What tags have to be, which are there or null; null is never compared. */
  private static Predicate<Map<String, String>> condition(Super s, boolean json, String text) {
    String left =
        text.replaceFirst("^(>=|<=|=) -?\\d+", "").replaceAll("AND _?ts [<>=]+ -?\\d+", "");
    Predicate<Map<String, String>> all = tags -> true;
    Matcher either = EITHER.matcher(left);
    while (either.find()) {
      Predicate<Map<String, String>> any = tags -> false;
      for (String one : either.group(1).split(" OR ")) {
        any = any.or(compared(s, json, one));
      }
      all = all.and(any);
    }
    left = NEITHER.matcher(EITHER.matcher(left).replaceAll("")).replaceAll("AND $1");
    Matcher one = COMPARED.matcher(left);
    while (one.find()) {
      all = all.and(compared(s, json, one.group().replaceFirst("^AND ", "")));
    }
    if (!COMPARED.matcher(left).replaceAll("").isBlank()) {
      throw new Refused(SYNTAX, "syntax error near " + COMPARED.matcher(left).replaceAll(""));
    }
    return all;
  }

  private static Predicate<Map<String, String>> compared(Super s, boolean json, String text) {
    Matcher m = COMPARED.matcher(text);
    if (!m.matches()) {
      throw new Refused(SYNTAX, "syntax error near " + text);
    }
    boolean key = m.group(1).startsWith("labels->");
    String column = m.group(1).replaceAll("^`|^labels->'|[`']$", "");
    if (key != json || !json && !s.tags.contains(column)) {
      throw new Refused(NO_COLUMN, "Invalid column name: " + column);
    }
    if (json && m.group(2).endsWith("IN")) {
      throw new Refused(SYNTAX, "not supported for JSON");
    }
    String value = m.group(3).replaceAll("^'|'$", "");
    Set<String> values = Set.of(m.group(3).replaceAll("^\\('|'\\)$", "").split("','", -1));
    Predicate<String> meets =
        switch (m.group(2)) {
          case "=" -> value::equals;
          case "<>" -> v -> !v.equals(value);
          case "LIKE" -> like(value);
          case "IN" -> values::contains;
          case "NOT IN" -> v -> !values.contains(v);
          default -> v -> true;
        };
    return tags -> tags.get(column) != null && meets.test(tags.get(column));
  }

  private static Predicate<String> like(String pattern) {
    return Pattern.compile(
            Pattern.quote(pattern).replace("%", "\\E.*\\Q").replace("_", "\\E.\\Q"), Pattern.DOTALL)
        .asMatchPredicate();
  }

  private static String json(Table table) {
    ObjectNode out = JSON.createObjectNode();
    out.put("code", 0);
    ArrayNode meta = out.putArray("column_meta");
    for (int i = 0; i < table.columns().size(); i++) {
      meta.addArray().add(table.columns().get(i)).add(table.type(i)).add(64);
    }
    ArrayNode data = out.putArray("data");
    for (List<@Nullable Object> r : table.rows()) {
      ArrayNode row = data.addArray();
      for (@Nullable Object v : r) {
        row.add(JSON.valueToTree(v instanceof Instant time ? time.toString() : v));
      }
    }
    return out.put("rows", table.rows().size()).toString();
  }

  private synchronized void lines(HttpExchange x, String text) throws IOException {
    Matcher db = Pattern.compile("db=(\\w+)&precision=ms").matcher(x.getRequestURI().getQuery());
    Map<String, Super> in = db.find() ? databases.get(db.group(1)) : null;
    if (in == null) {
      answer(x, 500, "{\"code\":904,\"desc\":\"Database not exist\"}");
      return;
    }
    try {
      for (String line : text.split("\n")) {
        line(in, line);
      }
      answer(x, 204, "");
    } catch (Refused e) {
      answer(x, 500, "{\"code\":" + e.code + ",\"desc\":\"" + e.getMessage() + "\"}");
    }
  }

  private static void line(Map<String, Super> in, String line) {
    List<String> parts = new ArrayList<>(); // measurement, tag, value, …, fields, time
    StringBuilder part = new StringBuilder();
    int spaces = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\' && i + 1 < line.length() && ",= \\".indexOf(line.charAt(i + 1)) >= 0) {
        part.append(line.charAt(++i));
      } else if (spaces == 0 && (c == ',' || c == '=') || c == ' ') {
        parts.add(part.toString());
        part.setLength(0);
        spaces += c == ' ' ? 1 : 0;
      } else if (c == '"' && spaces == 0) {
        throw new Refused(0x3002, "Invalid data");
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    int n = parts.size();
    String name = parts.getFirst().replace('.', '_');
    if (spaces != 2 || n % 2 == 0 || name.length() > 192) {
      throw new Refused(0x3002, "Invalid data");
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (int i = 1; i + 1 < n - 2; i += 2) {
      if (parts.get(i).length() > 64) {
        throw new Refused(0x2604, "Invalid tag name");
      }
      tags.put(parts.get(i).replace('.', '_'), parts.get(i + 1));
    }
    String[] field = parts.get(n - 2).split("=", 2);
    boolean string = field[1].startsWith("\"");
    in.computeIfAbsent(name, t -> new Super())
        .row(
            tags,
            Long.parseLong(parts.get(n - 1)),
            field[0],
            string ? (Object) field[1].replace("\"", "") : Double.valueOf(field[1]));
  }

  @Override
  public void close() {
    http.close();
  }
}
