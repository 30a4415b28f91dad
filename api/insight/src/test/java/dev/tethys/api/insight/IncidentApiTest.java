package dev.tethys.api.insight;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.incidents.IncidentCause;
import dev.tethys.insight.incidents.IncidentEntity;
import dev.tethys.insight.incidents.Incidents;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class IncidentApiTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long MINUTE = 60_000;

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable Incidents incidents;
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new IncidentApi(() -> incidents, () -> "incidents are not open yet", () -> NOW + 30 * MINUTE)
        .addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private static IncidentCause cause(String name) {
    IncidentEntity e = new IncidentEntity("service", "service:" + name, name);
    return new IncidentCause(
        IncidentCause.Kind.PROBLEM,
        "problem:TargetDown:service:" + name,
        e,
        name + ": Target down",
        "target does not answer",
        true,
        NOW,
        "up",
        List.of(e),
        2.5,
        List.of(),
        Set.of(e.id()),
        true);
  }

  private Incidents observed() throws IOException {
    Incidents all = new Incidents(null, Incidents.Limits.DEFAULT);
    all.observe(new Incidents.Observation(NOW, List.of(cause("pay")), Set.of(), Set.of()));
    for (int i = 1; i < 12; i++) {
      all.observe(
          new Incidents.Observation(NOW + i * MINUTE, List.of(cause("cart")), Set.of(), Set.of()));
    }
    incidents = all;
    return all;
  }

  private String send(String method, String path, @Nullable String body, String... headers)
      throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + listener.port() + "/api/v1/insight/incidents" + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null && headers.length == 0) {
      b.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      b.headers(headers);
    }
    HttpResponse<String> r = client.send(b.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private String get(String path) throws Exception {
    return send("GET", path, null);
  }

  private String idOf(String name) {
    return requireNonNull(incidents).all().stream()
        .filter(i -> i.entity().name().equals(name))
        .findFirst()
        .orElseThrow()
        .id();
  }

  @Test
  void listsIncidentsByStateTimeAndEntity() throws Exception {
    observed();
    assertThat(get(""))
        .startsWith("200 {\"status\":\"success\",\"data\":{\"incidents\":[{\"id\":")
        .contains(
            "\"state\":\"open\",\"severity\":\"critical\",\"title\":\"cart: Target down\"",
            "\"state\":\"ended\",\"severity\":\"critical\",\"title\":\"pay: Target down\"",
            "\"matching\":2,\"notices\":[]");
    assertThat(get("?state=open")).contains("cart: Target").doesNotContain("pay: Target");
    assertThat(get("?state=ended")).contains("pay: Target").doesNotContain("cart: Target");
    assertThat(get("?entity=service:pay")).contains("pay: Target").doesNotContain("cart: Target");
    assertThat(get("?end=" + (NOW / 1000 - 1))).contains("\"incidents\":[]");
    assertThat(get("?start=" + (NOW / 1000 + 300)))
        .contains("cart: Target")
        .doesNotContain("pay: T");
    assertThat(get("?limit=1")).contains("cart: Target", "\"matching\":2").doesNotContain("pay: T");
  }

  @Test
  void answersOneWithItsTimeline() throws Exception {
    observed();
    assertThat(get("/" + idOf("cart")))
        .contains(
            "\"entity\":{\"id\":\"service:cart\",\"kind\":\"service\",\"name\":\"cart\"}",
            "\"start\":1800000000,\"lastSeen\":1800000660,\"end\":null",
            "\"requests\":1500",
            "\"timeline\":[{\"time\":1800000000,\"kind\":\"problem\",\"title\":\"cart: Target"
                + " down\"",
            "\"omitted\":0");
  }

  @Test
  void addsNotesAndAcknowledgements() throws Exception {
    observed();
    String id = idOf("cart");
    assertThat(send("POST", "/" + id + "/notes", "{\"author\":\"ann\",\"text\":\" looking \"}"))
        .startsWith("200 ")
        .contains(
            "\"notes\":1",
            "{\"time\":1800001800,\"kind\":\"note\",\"title\":\"Note\",\"text\":\"looking\","
                + "\"by\":\"ann\"");
    assertThat(send("POST", "/" + id + "/acknowledge", "{\"author\":\"ann\"}"))
        .contains(
            "\"state\":\"acknowledged\"",
            "\"acknowledgedBy\":\"ann\",\"acknowledgedAt\":1800001800");
    assertThat(get("?state=acknowledged")).contains("cart: Target");
    assertThat(send("DELETE", "/" + id + "/acknowledge", "{\"author\":\"bob\"}"))
        .contains("\"state\":\"open\"", "acknowledgement withdrawn");
  }

  @Test
  void refusesWrongRequests() throws Exception {
    assertThat(get(""))
        .isEqualTo(
            "503 {\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"incidents are not"
                + " open yet\"}");
    observed();
    String notes = "/" + idOf("cart") + "/notes";
    assertThat(get("?state=closed")).startsWith("400 ").contains("allowed: open, acknowledged");
    assertThat(get("?start=yesterday")).startsWith("400 ").contains("start \\\"yesterday\\\"");
    assertThat(get("?limit=0")).startsWith("400 ").contains("a number from 1 to 1000");
    assertThat(get("/nothing")).startsWith("404 ").contains("there is no incident \\\"nothing\\\"");
    assertThat(send("POST", "/nothing/notes", "{\"author\":\"a\",\"text\":\"b\"}"))
        .startsWith("404 ");
    assertThat(send("POST", notes, "{\"text\":\"b\"}")).startsWith("400 ").contains("author must");
    assertThat(send("POST", notes, "{\"author\":\"a\"}"))
        .startsWith("400 ")
        .contains("text is missing");
    assertThat(send("POST", notes, "{\"author\":1,\"text\":\"b\"}"))
        .startsWith("400 ")
        .contains("author is not a string");
    assertThat(send("POST", notes, "[]")).startsWith("400 ").contains("not a JSON object");
    assertThat(send("POST", notes, "{")).startsWith("400 ").contains("the body is not JSON");
    assertThat(send("POST", notes, "")).startsWith("400 ");
    assertThat(send("POST", notes, "author=a", "Content-Type", "application/x-www-form-urlencoded"))
        .startsWith("415 ")
        .contains("must be application/json");
    assertThat(send("POST", notes, "{\"author\":\"a\",\"text\":\"" + "x".repeat(4_001) + "\"}"))
        .startsWith("400 ")
        .contains("at most 4000");
    assertThat(send("POST", notes, "{\"author\":\"a\",\"text\":\"" + "x".repeat(40_000) + "\"}"))
        .startsWith("413 ");
    assertThat(
            send(
                "POST",
                notes,
                "{\"author\":\"a\",\"text\":\"b\"}",
                "Content-Type",
                "application/json",
                "Origin",
                "http://elsewhere.example"))
        .startsWith("403 ");
    assertThat(send("GET", "", null, "X-Scope-OrgID", "other"))
        .startsWith("404 ")
        .contains("has no incidents");
  }
}
