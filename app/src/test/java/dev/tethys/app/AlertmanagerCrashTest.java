package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an Alertmanager has acknowledged, or shown, is there after {@code kill -9}. */
@Tag("slow")
class AlertmanagerCrashTest {
  private static final String JSON = "application/json";

  @TempDir Path dir;

  private TethysProcess start(String... flags) throws IOException {
    Files.writeString(
        dir.resolve("am.yml"), "{route: {receiver: r, group_wait: 0s}, receivers: [{name: r}]}");
    int port = Ports.free();
    List<String> args =
        new java.util.ArrayList<>(
            List.of(
                "alertmanager",
                "--cluster.listen-address=",
                "--config.file=" + dir.resolve("am.yml"),
                "--storage.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port));
    args.addAll(List.of(flags));
    return TethysProcess.launch(dir, port, args).awaitReady();
  }

  private static String post(TethysProcess p, String path, String body) {
    var r = p.post(path, JSON, body.getBytes(StandardCharsets.UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  @Test
  void silencesNotesSchedulesAndHistorySurviveTheirAcknowledgement() throws IOException {
    String matchers = "\"matchers\": [{\"name\": \"a\", \"value\": \"b\", \"isRegex\": false}]";
    String who = "\"createdBy\": \"me\", \"comment\": \"c\"";
    try (TethysProcess p = start()) {
      post(p, "/api/v2/alerts", "[{\"labels\": {\"alertname\": \"Down\", \"a\": \"b\"}}]");
      p.await(
          "its history",
          Duration.ofSeconds(60),
          () -> p.get("/api/tethys/history?filter=a%3Db").body().contains("firing"));
      post(
          p,
          "/api/tethys/notes",
          "{\"labels\": {\"alertname\": \"Down\"}, \"author\": \"me\", \"text\": \"known\"}");
      post(
          p,
          "/api/tethys/recurring-silences",
          "{" + matchers + ", " + who + ", \"schedule\": [{\"weekdays\": [\"sunday\"]}]}");
      post(
          p,
          "/api/v2/silences",
          "{"
              + matchers
              + ", "
              + who
              + ", \"startsAt\": \"2026-01-01T00:00:00Z\", \"endsAt\": \"2099-01-01T00:00:00Z\"}");
      p.kill();
    }
    try (TethysProcess p = start()) {
      assertThat(p.get("/api/v2/silences").body()).contains("2099-01-01");
      assertThat(p.get("/api/tethys/notes").body()).contains("known");
      assertThat(p.get("/api/tethys/recurring-silences").body()).contains("sunday");
      assertThat(p.get("/api/tethys/history").body()).contains("\"firing\"", "\"Down\"");
      assertThat(p.get("/api/tethys/history?range=x").statusCode()).isEqualTo(400);
      assertThat(p.stop()).isZero();
    }
    try (TethysProcess p = start("--history.retention=0s")) {
      assertThat(p.get("/api/tethys/history").statusCode()).isEqualTo(404);
    }
  }
}
