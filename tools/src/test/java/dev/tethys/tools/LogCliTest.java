package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.store.archive.Json;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.ServerWebSocket;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogCliTest {
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private HttpListener server;

  @BeforeEach
  void start() throws IOException {
    Routes routes =
        new Routes()
            .get(
                "/loki/api/v1/query_range",
                (q, r) ->
                    r.send(
                        range(
                            q.query().first("query", ""),
                            Long.parseLong(q.query().first("end", "0")),
                            Integer.parseInt(q.query().first("limit", "0")))))
            .get("/loki/api/v1/labels", (q, r) -> r.send("{\"data\":[\"app\",\"level\"]}"))
            .get(
                "/loki/api/v1/index/stats",
                (q, r) -> r.send("{\"streams\":1,\"chunks\":2,\"bytes\":3,\"entries\":4}"))
            .get(
                "/loki/api/v1/series",
                (q, r) -> {
                  if (q.header("X-Scope-OrgID") == null) {
                    r.send(
                        "{\"data\":[{\"app\":\"a\",\"pod\":\"a-1\"},{\"app\":\"a\",\"pod\":\"a-2\"},"
                            + "{\"app\":\"b\"}]}");
                    return;
                  }
                  throw new HttpException(400, "parse error " + q.header("X-Scope-OrgID"));
                })
            .webSocket(
                "/loki/api/v1/tail",
                (q, r) -> {
                  ServerWebSocket ws = ServerWebSocket.accept(q, r, 100);
                  ws.sendText(
                      "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"live\"]]}],"
                          + "\"dropped_entries\":[{}]}");
                  Thread.ofVirtual().start(ws::receive);
                  ws.close(ServerWebSocket.GOING_AWAY, "the tail ended", 5000);
                })
            .post(
                "/loki/api/v1/delete",
                (q, r) -> {
                  requests.add("delete " + q.query().first("query", ""));
                  r.status(204).send();
                });
    server = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Entries with times 9 to 0, newest first, of which two each have one time. */
  private String range(String query, long end, int limit) {
    requests.add(query + " " + limit);
    if (query.startsWith("rate")) {
      return "{\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    }
    StringBuilder sb = new StringBuilder();
    int n = 0;
    for (int i = 9; i >= 0 && n < limit; i--) {
      if (i / 2 < end) {
        sb.append(n++ == 0 ? "" : ",").append("[\"" + i / 2 + "\",\"line " + i + "\"]");
      }
    }
    return "{\"data\":{\"resultType\":\"streams\",\"result\":[{\"stream\":{\"app\":\"x\"},\"values\":["
        + sb
        + "]}]}}";
  }

  private String run(String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    Command command =
        LogCli.commands().stream()
            .filter(c -> (LogCli.NAME + " " + args[0]).equals(c.name()))
            .findFirst()
            .orElseThrow();
    all.removeFirst();
    if (!args[0].equals("fmt")) {
      all.add("--addr=http://127.0.0.1:" + server.port());
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8);
    int code;
    try {
      code =
          command.run(
              all,
              new Console(
                  new ByteArrayInputStream("{a=\"b\"}|=\"c\"".getBytes(StandardCharsets.UTF_8)),
                  to,
                  to,
                  false));
    } catch (IOException e) {
      return "failed: " + e.getMessage();
    }
    return code + "\n" + said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void fetchesEntriesInBatchesAndPrintsThemOnce() throws IOException {
    String range = "--from=1970-01-01T00:00:00Z";
    String out = run("query", "{app=\"x\"}", range, "--limit=8", "--batch=3", "-q", "-o", "raw");
    assertThat(out.lines().filter(l -> l.startsWith("line")))
        .containsExactly(
            "line 9", "line 8", "line 7", "line 6", "line 5", "line 4", "line 3", "line 2");
    assertThat(run("query", "{app=\"x\"}", range, "--limit=2", "-q", "-z", "UTC", "--no-labels"))
        .isEqualTo("0\n1970-01-01T00:00:00Z line 9\n1970-01-01T00:00:00Z line 8\n");
    assertThat(run("query", "rate({app=\"x\"}[1m])", "-q")).isEqualTo("0\n[]\n");
  }

  @Test
  void otherCommandsPrintResponsesAndErrors() throws IOException {
    assertThat(run("labels", "-q")).isEqualTo("0\napp\nlevel\n");
    assertThat(run("stats", "{app=\"x\"}", "-q")).contains("streams: 1", "entries: 4");
    assertThat(run("series", "{", "-q", "--org-id=t"))
        .isEqualTo("failed: Error response from server: parse error t (400 Bad Request)");
    assertThat(run("series", "{app=~\".+\"}", "-q", "--analyze-labels"))
        .isEqualTo(
            """
            0
            Total Streams:  3
            Unique Labels:  2

            Label Name  Unique Values  Found In Streams
            app         2              3
            pod         2              2
            """);
    assertThat(run("delete create", "{app=\"x\"}", "-q")).startsWith("0");
    assertThat(requests).contains("delete {app=\"x\"}");
    assertThat(run("fmt")).isEqualTo("0\n{a=\"b\"}\n  |= \"c\"\n");
    assertThat(run("query", "{a=\"b\"}", "--tail", "-q", "-o", "raw"))
        .isEqualTo(
            "1\nlive\n1 entries dropped by the server\n"
                + "Tail ended by the server: the tail ended (code 1001)\n");
  }

  @Test
  void outputMatchesLogcli() throws IOException {
    int cases = 0;
    for (String text :
        Files.readAllLines(Shared.conformance("loki").resolve("api/logcli-output.jsonl"))) {
      Map<String, @Nullable Object> c = Json.object(text.getBytes(StandardCharsets.UTF_8));
      if (c.containsKey("timestamp_format")) {
        continue; // the format of times is not a flag here
      }
      Map<String, String> labels = new TreeMap<>();
      Json.asObject(c.get("labels")).forEach((k, v) -> labels.put(k, String.valueOf(v)));
      OffsetDateTime t = OffsetDateTime.parse(Json.text(c, "timestamp"));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      LogCliOutput.Form form =
          LogCliOutput.Form.valueOf(Json.text(c, "output").toUpperCase(Locale.ROOT));
      int length = ((Number) java.util.Objects.requireNonNull(c.get("max_labels_len"))).intValue();
      new LogCliOutput(
              form,
              LogCli.zone(Json.text(c, "timezone")),
              Boolean.TRUE.equals(c.get("no_labels")),
              length,
              new PrintStream(out, true, StandardCharsets.UTF_8))
          .print(
              new LogCliOutput.Entry(
                  Duration.between(java.time.Instant.EPOCH, t.toInstant()).toNanos(),
                  Labels.of(labels),
                  Json.text(c, "line")));
      assertThat(out.toString(StandardCharsets.UTF_8)).as(text).isEqualTo(Json.text(c, "want"));
      cases++;
    }
    assertThat(cases).isEqualTo(14);
  }
}
