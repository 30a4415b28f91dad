package dev.tethys.api.loki;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers without a field for warnings, of a store with a truncated part. */
@Tag("slow")
class DamagedPartsTest {
  private static final String SELECTOR = "{app=~\".+\"}";

  @TempDir Path folder;

  @Test
  void responsesNameUnreadablePartsInHeader() throws Exception {
    long now = LokiServer.now();
    try (LokiServer server = new LokiServer(folder, true)) {
      server.push(null, "{\"app\":\"a\"}", now - 1_000_000, "lost");
      server.database.flush();
    }
    for (Path part : parts()) {
      Files.write(part, new byte[0]);
    }
    String start = String.valueOf(now - 60_000_000_000L);
    String end = String.valueOf(now + 60_000_000_000L);
    try (LokiServer server = new LokiServer(folder, true)) {
      for (String path :
          List.of(
              "labels",
              "label/app/values",
              "series",
              "index/stats",
              "index/shards",
              "index/volume",
              "index/volume_range",
              "patterns",
              "detected_labels",
              "detected_fields",
              "detected_field/x/values")) {
        HttpResponse<String> r =
            server.call(
                "GET", null, "/loki/api/v1/" + path, "query", SELECTOR, "start", start, "end", end);
        assertThat(r.statusCode()).as(path).isEqualTo(200);
        assertThat(r.headers().firstValue("X-Tethys-Warning").orElse(""))
            .as(path)
            .contains("part is not readable")
            .doesNotContain(folder.toString());
      }
    }
  }

  private List<Path> parts() throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> parts = files.filter(f -> f.toString().endsWith(".part")).toList();
      assertThat(parts).isNotEmpty();
      return parts;
    }
  }
}
