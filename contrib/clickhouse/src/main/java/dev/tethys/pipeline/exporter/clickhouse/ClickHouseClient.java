package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.compression.Compression;
import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Statements and inserts over ClickHouse's HTTP interface. Thread-safe. */
final class ClickHouseClient {
  private static final String CODE = "X-ClickHouse-Exception-Code";

  private final HttpEndpoint http;
  private final ClickHouseSettings settings;

  ClickHouseClient(HttpEndpoint http, ClickHouseSettings settings) {
    this.http = http;
    this.settings = settings;
  }

  /** Rejection by ClickHouse with its error code; 0 if there is none. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    final transient HttpEndpoint.Reply reply;
    final int code;

    Refused(HttpEndpoint.Reply reply) {
      super(reply.reason());
      this.reply = reply;
      this.code = code(reply);
    }

    private static int code(HttpEndpoint.Reply r) {
      String s = r.header(CODE);
      if (s.isEmpty() && r.text().startsWith("Code: ")) {
        int end = r.text().indexOf('.');
        s = end < 0 ? "" : r.text().substring(6, end);
      }
      return s.matches("\\d{1,6}") ? Integer.parseInt(s) : 0;
    }
  }

  private URI url(@Nullable String query, Map<String, String> params) {
    StringBuilder sb = new StringBuilder(settings.url().toString());
    if (settings.url().getPath().isEmpty()) {
      sb.append('/');
    }
    Map<String, String> all = new LinkedHashMap<>(params);
    if (query != null) {
      all.put("query", query);
    }
    char separator = settings.url().getRawQuery() == null ? '?' : '&';
    for (Map.Entry<String, String> e : all.entrySet()) {
      sb.append(separator).append(enc(e.getKey())).append('=').append(enc(e.getValue()));
      separator = '&';
    }
    return URI.create(sb.toString());
  }

  private static String enc(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  /**
   * Runs a statement and gives its response.
   *
   * @throws Refused if ClickHouse rejects the query
   */
  String run(String sql) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        http.call(
            "POST",
            url(null, Map.of("wait_end_of_query", "1")),
            Map.of("Content-Type", "text/plain; charset=UTF-8"),
            sql.getBytes(StandardCharsets.UTF_8));
    if (!r.isOk()) {
      throw new Refused(r);
    }
    return r.text();
  }

  /**
   * Inserts rows of RowBinary.
   *
   * @param token the same for the same rows, however often they are sent
   * @throws Refused if ClickHouse rejects them
   */
  void insert(String table, String columns, byte[] rows, @Nullable String token)
      throws IOException, InterruptedException {
    Map<String, String> params = new LinkedHashMap<>(settings.settings());
    params.put("wait_end_of_query", "1");
    params.put("async_insert", settings.asyncInsert() ? "1" : "0");
    if (settings.asyncInsert()) {
      params.put("wait_for_async_insert", "1");
      params.put("async_insert_deduplicate", "1");
    }
    if (token != null) {
      params.put("insert_deduplicate", "1");
      params.put("insert_deduplication_token", token);
    }
    if (settings.tables().json()) {
      params.put("input_format_binary_read_json_as_string", "1");
      params.put("type_json_skip_duplicated_paths", "1");
    }
    Compression c = settings.client().compression();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/octet-stream");
    byte[] body = rows;
    if (c != Compression.NONE) {
      headers.put("Content-Encoding", c.word());
      body = c.compress(rows, 0, rows.length, settings.client().level());
    }
    String sql = "INSERT INTO " + table + " " + columns + " FORMAT RowBinary";
    HttpEndpoint.Reply r = http.call("POST", url(sql, params), headers, body);
    if (!r.isOk() || !r.header(CODE).isEmpty()) {
      throw new Refused(r);
    }
  }
}
