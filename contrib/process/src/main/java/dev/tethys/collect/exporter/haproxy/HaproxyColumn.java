package dev.tethys.collect.exporter.haproxy;

import dev.tethys.model.MetricType;
import java.util.ArrayList;
import java.util.List;

/**
 * Mapping of a column of HAProxy's statistics to a metric. The columns are described in chapter 9.1
 * of HAProxy's management guide; names and texts are haproxy_exporter's.
 *
 * @param index index of the column
 * @param code the label {@code code}, {@code ""} for none
 */
record HaproxyColumn(int index, String name, String code, MetricType type, String help) {
  /** The column with the state as text. */
  static final int STATUS = 17;

  /** Columns of servers: column, name (and code), c for counters and g for gauges, help. */
  static final List<HaproxyColumn> SERVER =
      read(
          "haproxy_server_",
          """
          2 current_queue g Current number of queued requests assigned to this server.
          3 max_queue g Maximum observed number of queued requests assigned to this server.
          4 current_sessions g Current number of active sessions.
          5 max_sessions g Maximum observed number of active sessions.
          6 limit_sessions g Configured session limit.
          7 sessions_total c Total number of sessions.
          8 bytes_in_total c Current total of incoming bytes.
          9 bytes_out_total c Current total of outgoing bytes.
          13 connection_errors_total c Total of connection errors.
          14 response_errors_total c Total of response errors.
          15 retry_warnings_total c Total of retry warnings.
          16 redispatch_warnings_total c Total of redispatch warnings.
          17 up g Current health status of the server (1 = UP, 0 = DOWN).
          18 weight g Current weight of the server.
          21 check_failures_total c Total number of failed health checks.
          24 downtime_seconds_total c Total downtime in seconds.
          30 server_selected_total c Total number of times a server was selected, either for new sessions, or when re-dispatching.
          33 current_session_rate g Current number of sessions per second over last elapsed second.
          35 max_session_rate g Maximum observed number of sessions per second.
          38 check_duration_seconds g Previously run health check duration, in seconds
          39 http_responses_total/1xx c Total of HTTP responses.
          40 http_responses_total/2xx c Total of HTTP responses.
          41 http_responses_total/3xx c Total of HTTP responses.
          42 http_responses_total/4xx c Total of HTTP responses.
          43 http_responses_total/5xx c Total of HTTP responses.
          44 http_responses_total/other c Total of HTTP responses.
          49 client_aborts_total c Total number of data transfers aborted by the client.
          50 server_aborts_total c Total number of data transfers aborted by the server.
          58 http_queue_time_average_seconds g Avg. HTTP queue time for last 1024 successful connections.
          59 http_connect_time_average_seconds g Avg. HTTP connect time for last 1024 successful connections.
          60 http_response_time_average_seconds g Avg. HTTP response time for last 1024 successful connections.
          61 http_total_time_average_seconds g Avg. HTTP total time for last 1024 successful connections.
          """);

  /** Columns of frontends: column, name (and code), c for counters and g for gauges, help. */
  static final List<HaproxyColumn> FRONTEND =
      read(
          "haproxy_frontend_",
          """
          4 current_sessions g Current number of active sessions.
          5 max_sessions g Maximum observed number of active sessions.
          6 limit_sessions g Configured session limit.
          7 sessions_total c Total number of sessions.
          8 bytes_in_total c Current total of incoming bytes.
          9 bytes_out_total c Current total of outgoing bytes.
          10 requests_denied_total c Total of requests denied for security.
          12 request_errors_total c Total of request errors.
          33 current_session_rate g Current number of sessions per second over last elapsed second.
          34 limit_session_rate g Configured limit on new sessions per second.
          35 max_session_rate g Maximum observed number of sessions per second.
          39 http_responses_total/1xx c Total of HTTP responses.
          40 http_responses_total/2xx c Total of HTTP responses.
          41 http_responses_total/3xx c Total of HTTP responses.
          42 http_responses_total/4xx c Total of HTTP responses.
          43 http_responses_total/5xx c Total of HTTP responses.
          44 http_responses_total/other c Total of HTTP responses.
          48 http_requests_total c Total HTTP requests.
          51 compressor_bytes_in_total c Number of HTTP response bytes fed to the compressor
          52 compressor_bytes_out_total c Number of HTTP response bytes emitted by the compressor
          53 compressor_bytes_bypassed_total c Number of bytes that bypassed the HTTP compressor
          54 http_responses_compressed_total c Number of HTTP responses that were compressed
          79 connections_total c Total number of connections
          """);

  /** Columns of backends: column, name (and code), c for counters and g for gauges, help. */
  static final List<HaproxyColumn> BACKEND =
      read(
          "haproxy_backend_",
          """
          2 current_queue g Current number of queued requests not assigned to any server.
          3 max_queue g Maximum observed number of queued requests not assigned to any server.
          4 current_sessions g Current number of active sessions.
          5 max_sessions g Maximum observed number of active sessions.
          6 limit_sessions g Configured session limit.
          7 sessions_total c Total number of sessions.
          8 bytes_in_total c Current total of incoming bytes.
          9 bytes_out_total c Current total of outgoing bytes.
          13 connection_errors_total c Total of connection errors.
          14 response_errors_total c Total of response errors.
          15 retry_warnings_total c Total of retry warnings.
          16 redispatch_warnings_total c Total of redispatch warnings.
          17 up g Current health status of the backend (1 = UP, 0 = DOWN).
          18 weight g Total weight of the servers in the backend.
          19 current_server g Current number of active servers
          30 server_selected_total c Total number of times a server was selected, either for new sessions, or when re-dispatching.
          33 current_session_rate g Current number of sessions per second over last elapsed second.
          35 max_session_rate g Maximum number of sessions per second.
          39 http_responses_total/1xx c Total of HTTP responses.
          40 http_responses_total/2xx c Total of HTTP responses.
          41 http_responses_total/3xx c Total of HTTP responses.
          42 http_responses_total/4xx c Total of HTTP responses.
          43 http_responses_total/5xx c Total of HTTP responses.
          44 http_responses_total/other c Total of HTTP responses.
          49 client_aborts_total c Total number of data transfers aborted by the client.
          50 server_aborts_total c Total number of data transfers aborted by the server.
          51 compressor_bytes_in_total c Number of HTTP response bytes fed to the compressor
          52 compressor_bytes_out_total c Number of HTTP response bytes emitted by the compressor
          53 compressor_bytes_bypassed_total c Number of bytes that bypassed the HTTP compressor
          54 http_responses_compressed_total c Number of HTTP responses that were compressed
          58 http_queue_time_average_seconds g Avg. HTTP queue time for last 1024 successful connections.
          59 http_connect_time_average_seconds g Avg. HTTP connect time for last 1024 successful connections.
          60 http_response_time_average_seconds g Avg. HTTP response time for last 1024 successful connections.
          61 http_total_time_average_seconds g Avg. HTTP total time for last 1024 successful connections.
          """);

  private static List<HaproxyColumn> read(String prefix, String table) {
    List<HaproxyColumn> out = new ArrayList<>();
    for (String line : table.lines().toList()) {
      String[] f = line.split(" ", 4);
      String[] name = f[1].split("/", 2);
      out.add(
          new HaproxyColumn(
              Integer.parseInt(f[0]),
              prefix + name[0],
              name.length > 1 ? name[1] : "",
              f[2].equals("c") ? MetricType.COUNTER : MetricType.GAUGE,
              f[3]));
    }
    return List.copyOf(out);
  }

  /** Whether the column is in milliseconds, which are exported as seconds. */
  boolean isMillis() {
    return index == 38 || index >= 58 && index <= 61;
  }
}
