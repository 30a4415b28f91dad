package dev.tethys.bench;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/** Heavy queries of {@link Overload}, by the kind of data that they read. */
enum OverloadQueries {
  METRICS("/api/v1/query_range") {
    private final List<String> queries =
        List.of(
            "sum by (namespace) (rate({__name__=~\"m.\",pod=~\".*-.*[0-9a-f]b.*\"}[10m]))",
            "quantile by (zone) (0.9, max_over_time({__name__=~\"m[0-8]\"}[10m]))",
            "topk(10, sum by (pod) (increase({__name__=~\"m.+\",pod!~\"app1.*\"}[9m])))",
            "count(count by (pod, namespace) (avg_over_time({namespace=~\"ns.*\"}[8m])))",
            "max(sum_over_time(sum(rate({__name__=~\"m.\"}[5m]))[5m:1s]))");

    @Override
    void fill(ServerUnderTest server) {} // samples exist in any case

    @Override
    void write(ServerUnderTest server, int n) {} // samples are written in any case

    @Override
    String path(int n, long now) {
      long end = now / 1000 - n % 7;
      String query = queries.get(n % queries.size());
      return range(query, "&start=" + (end - 600) + "&end=" + end + "&step=2");
    }
  },

  LOGS("/loki/api/v1/query_range") {
    private static final int LINES = 5_000;
    private static final int WRITTEN_LINES = 200;
    private static final int BATCHES = 60;

    private final List<String> queries =
        List.of(
            "{app=~\".+\"} |~ \"(?i)[a-f0-9]+.*error.*[g-z]{4,}\"",
            "sum by (path) (rate({app=~\".+\"} | json | status >= 500 [5m]))",
            "quantile_over_time(0.9, {app=~\".+\"} | json | unwrap took [5m]) by (path)",
            "{app=~\".+\"} | regexp \"(?P<a>[a-z]+).*(?P<b>[0-9]+)\" | line_format"
                + " \"{{.a}}{{.b}}{{.a}}\" |= \"zzz\"",
            "sum(count_over_time({app=~\".+\"} | decolorize | pattern \"<_>id<x>path<y>\" [1m]))");

    @Override
    void fill(ServerUnderTest server) throws IOException, InterruptedException {
      long begin = System.currentTimeMillis() - 600_000;
      for (int b = 0; b < BATCHES; b++) {
        push(server, begin + b * 10_000L, b, LINES);
      }
    }

    @Override
    void write(ServerUnderTest server, int n) throws IOException, InterruptedException {
      push(server, System.currentTimeMillis(), BATCHES + n, WRITTEN_LINES);
    }

    private void push(ServerUnderTest server, long begin, int batch, int lines)
        throws IOException, InterruptedException {
      StringBuilder sb = new StringBuilder("{\"streams\":[");
      for (int app = 0; app < 10; app++) {
        sb.append(app == 0 ? "" : ",").append("{\"stream\":{\"app\":\"a").append(app);
        sb.append("\"},\"values\":[");
        for (int i = 0; i < lines / 10; i++) {
          long nanos = (begin + i * 20L) * 1_000_000 + i;
          int id = batch * LINES + i * 10 + app;
          sb.append(i == 0 ? "" : ",").append("[\"").append(nanos).append("\",\"");
          sb.append(
              String.format(
                      Locale.ROOT,
                      "{'id':'%016x','path':'/p%d','status':%d,'took':%d,'text':'no error in %x'}",
                      id * 0x9E3779B97F4A7C15L,
                      id % 300,
                      200 + id % 400,
                      id % 977,
                      id * 31L)
                  .replace("'", "\\\""));
          sb.append("\"]");
        }
        sb.append("]}");
      }
      post(server, "/loki/api/v1/push", sb.append("]}").toString());
    }

    @Override
    String path(int n, long now) {
      String times = "&start=" + (now - 660_000) + "000000&end=" + now + "000000&step=2&limit=5000";
      return range(queries.get(n % queries.size()), times);
    }
  },

  TRACES("/tempo/api/search") {
    private static final int SPANS = 2_000;
    private static final int WRITTEN_SPANS = 100;
    private static final int BATCHES = 100;

    private final List<String> queries =
        List.of(
            "{ span.path =~ \".*[0-9]+7.*\" && name =~ \"(?i).*op.*\" } >> { duration > 1ms }",
            "{ } | count() > 2 | avg(duration) > 1us",
            "({ span.path != nil } && { span.path =~ \"/p.*\" }) | select(span.path, name)",
            "{ } >> { } | by(span.path) | count() > 1");

    @Override
    void fill(ServerUnderTest server) throws IOException, InterruptedException {
      long begin = System.currentTimeMillis() - 600_000;
      for (int b = 0; b < BATCHES; b++) {
        push(server, begin + b * 5_000L, b, SPANS);
      }
    }

    @Override
    void write(ServerUnderTest server, int n) throws IOException, InterruptedException {
      push(server, System.currentTimeMillis(), BATCHES + n, WRITTEN_SPANS);
    }

    private void push(ServerUnderTest server, long time, int batch, int spans)
        throws IOException, InterruptedException {
      StringBuilder sb = new StringBuilder("{\"resourceSpans\":[{\"resource\":{\"attributes\":");
      sb.append("[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"s").append(batch % 7);
      sb.append("\"}}]},\"scopeSpans\":[{\"spans\":[");
      for (int i = 0; i < spans; i++) {
        int id = batch * SPANS + i;
        long begin = time * 1_000_000 + i * 1_000_000L;
        sb.append(i == 0 ? "" : ",");
        sb.append(
            String.format(
                Locale.ROOT,
                "{\"traceId\":\"%032x\",\"spanId\":\"%016x\",%s\"name\":\"op%d\",\"kind\":2,"
                    + "\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\",\"attributes\":"
                    + "[{\"key\":\"path\",\"value\":{\"stringValue\":\"/p%d\"}}]}",
                id / 8 + 1,
                id + 1,
                id % 8 == 0 ? "" : String.format("\"parentSpanId\":\"%016x\",", id),
                id % 50,
                begin,
                begin + 1_000_000 + id % 9000,
                id % 3000));
      }
      post(server, "/v1/traces", sb.append("]}]}]}").toString());
    }

    @Override
    String path(int n, long now) {
      String times = "&start=" + (now / 1000 - 660) + "&end=" + (now / 1000 + 1) + "&limit=1000";
      return "/tempo/api/search?q=" + encoded(queries.get(n % queries.size())) + times;
    }
  },

  PROFILES("/pyroscope/render") {
    private static final int SERVICES = 10;
    private static final int FILES = 60; // of a service, 10 s each
    private static final int STACKS = 500;

    private final List<ProfiledProgram> programs =
        IntStream.range(0, SERVICES).mapToObj(s -> new ProfiledProgram(new Random(s), s)).toList();

    private final List<String> queries =
        List.of(
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name=~\".+\"}",
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name=~\"service-[0-7]\"}",
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name!=\"service-1\"}");

    @Override
    void fill(ServerUnderTest server) throws IOException, InterruptedException {
      long begin = System.currentTimeMillis() - 600_000;
      for (int f = 0; f < FILES; f++) {
        for (int s = 0; s < SERVICES; s++) {
          push(server, s, begin * 1_000_000 + f * ProfiledProgram.DURATION);
        }
      }
    }

    @Override
    void write(ServerUnderTest server, int n) throws IOException, InterruptedException {
      push(server, n % SERVICES, System.currentTimeMillis() * 1_000_000);
    }

    private void push(ServerUnderTest server, int service, long time)
        throws IOException, InterruptedException {
      post(
          server,
          "/ingest?format=pprof&name=service-" + service,
          "application/octet-stream",
          HttpRequest.BodyPublishers.ofByteArray(
              programs.get(service).profileOfStacks(STACKS, time)));
    }

    @Override
    String path(int n, long now) {
      String times = "&from=" + (now - 660_000) + "&until=" + now + "&format=json&max-nodes=8192";
      return range(queries.get(n % queries.size()), times);
    }
  };

  private final String path;

  OverloadQueries(String path) {
    this.path = path;
  }

  static List<String> names() {
    return Arrays.stream(values()).map(k -> k.name().toLowerCase(Locale.ROOT)).toList();
  }

  static OverloadQueries of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Pushes the data that its queries read. */
  abstract void fill(ServerUnderTest server) throws IOException, InterruptedException;

  /** Pushes a little more data, of now. */
  abstract void write(ServerUnderTest server, int n) throws IOException, InterruptedException;

  /**
   * Returns a query as the path of a GET.
   *
   * @param n number of the query
   * @param now Unix milliseconds
   */
  abstract String path(int n, long now);

  String range(String query, String times) {
    return path + "?query=" + encoded(query) + times;
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static void post(ServerUnderTest server, String path, String json)
      throws IOException, InterruptedException {
    post(server, path, "application/json", HttpRequest.BodyPublishers.ofString(json));
  }

  static void post(ServerUnderTest server, String path, String type, HttpRequest.BodyPublisher body)
      throws IOException, InterruptedException {
    HttpResponse<String> r =
        server.send(
            server
                .request(path)
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", type)
                .POST(body),
            HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() / 100 != 2) {
      throw new IOException(path + " answered " + r.statusCode() + " " + r.body());
    }
  }
}
