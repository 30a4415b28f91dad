package dev.tethys.api.pyroscope;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.file.RealFiles;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SettingsEndpointsTest {
  private static final long NOW = 1_700_000_000_000L;

  @TempDir Path folder;
  private HttpListener listener;

  @BeforeEach
  void start() throws Exception {
    HttpClientFactory.prepare();
    Routes routes = new Routes();
    new SettingsEndpoints(
            new RealFiles(), folder.resolve("new/settings.json"), () -> NOW * 1_000_000)
        .addTo(routes);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private HttpResponse<String> call(String tenant, String method, String json) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + listener.port()
                            + "/pyroscope/settings.v1.SettingsService/"
                            + method))
                .header("Content-Type", "application/json")
                .header("X-Scope-OrgID", tenant)
                .POST(BodyPublishers.ofString(json))
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void keepsTenantSettingsAcrossRestart() throws Exception {
    assertThat(call("a", "Get", "{}").body()).isIn("{}", "{\"settings\":[]}");
    HttpResponse<String> set =
        call("a", "Set", "{\"setting\":{\"name\":\"maxNodes\",\"value\":\"1024\"}}");
    assertThat(set.statusCode()).isEqualTo(200);
    assertThat(set.body()).contains("\"maxNodes\"", "\"modifiedAt\":\"" + NOW + "\"");
    assertThat(call("b", "Set", "{\"setting\":{\"name\":\"x\",\"value\":\"é\\n\"}}").statusCode())
        .isEqualTo(200);
    stop();
    start();
    assertThat(call("a", "Get", "{}").body()).contains("maxNodes", "1024").doesNotContain("\"x\"");
    assertThat(call("b", "Get", "{}").body()).contains("é");
    assertThat(call("a", "Delete", "{\"name\":\"maxNodes\"}").statusCode()).isEqualTo(200);
    assertThat(call("a", "Get", "{}").body()).doesNotContain("maxNodes");
  }

  @Test
  void rejectsOutdatedAndInvalidChanges() throws Exception {
    String newer = "{\"setting\":{\"name\":\"a\",\"value\":\"2\",\"modifiedAt\":\"200\"}}";
    String older = "{\"setting\":{\"name\":\"a\",\"value\":\"1\",\"modifiedAt\":\"100\"}}";
    assertThat(call("t", "Set", newer).statusCode()).isEqualTo(200);
    HttpResponse<String> r = call("t", "Set", older);
    assertThat(r.statusCode()).isEqualTo(409);
    assertThat(r.body()).contains("\"code\":\"already_exists\"");
    assertThat(call("t", "Get", "{}").body()).contains("\"value\":\"2\"");
    assertThat(call("t", "Set", "{}").statusCode()).isEqualTo(400);
    assertThat(call("t", "Set", "{\"setting\":{\"value\":\"1\"}}").statusCode()).isEqualTo(400);
  }

  @Test
  void boundsTheirNumberAndSize() throws Exception {
    for (int i = 0; i < SettingsStore.MAX_SETTINGS; i++) {
      String one = "{\"setting\":{\"name\":\"n" + i + "\",\"value\":\"v\"}}";
      assertThat(call("t", "Set", one).statusCode()).isEqualTo(200);
    }
    assertThat(call("t", "Set", "{\"setting\":{\"name\":\"more\"}}").statusCode()).isEqualTo(400);
    String large = "x".repeat(900_000);
    int status = 200;
    for (int i = 0; i < 10 && status == 200; i++) {
      status =
          call("u", "Set", "{\"setting\":{\"name\":\"n" + i + "\",\"value\":\"" + large + "\"}}")
              .statusCode();
    }
    assertThat(status).isEqualTo(400);
    assertThat(Files.size(folder.resolve("new/settings.json")))
        .isLessThanOrEqualTo(SettingsStore.MAX_BYTES);
  }
}
