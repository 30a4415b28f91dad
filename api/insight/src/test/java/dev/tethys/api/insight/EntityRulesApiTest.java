package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.rules.EditedRules;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class EntityRulesApiTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private EditedRules rules = new EditedRules("entity-rules.yml", "");
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new EntityRulesApi(
            new EntityRulesApi.Editor() {
              @Override
              public EditedRules current() {
                return rules;
              }

              @Override
              public EditedRules change(UnaryOperator<EditedRules> change) {
                EditedRules next = change.apply(rules);
                next.over(RuleSet.defaults());
                rules = next;
                return next;
              }

              @Override
              public String path() {
                return "/data/entity-rules.yml";
              }
            })
        .addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private String send(String method, String body) throws Exception {
    HttpResponse<String> r =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + listener.port() + "/api/v1/insight/rules/edited"))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  @Test
  void addsAndRemovesEntries() throws Exception {
    assertThat(send("GET", ""))
        .startsWith("200 {\"status\":\"success\",\"data\":{\"file\":\"/data/entity-rules.yml\",")
        .contains("\"entries\":[],\"text\":\"\"");
    assertThat(
            send(
                "POST",
                "{\"section\":\"names\",\"kind\":\"service\",\"match\":\"api\",\"as\":\"shop\"}"))
        .contains(
            "{\"section\":\"names\",\"line\":2,\"kind\":\"service\",\"match\":\"api\","
                + "\"as\":\"shop\"}",
            "names:\\n  - {kind: service, match: \\\"api\\\", as: \\\"shop\\\"}\\n");
    assertThat(send("DELETE", "{\"line\":2}")).startsWith("200 ").contains("\"entries\":[]");
  }

  @Test
  void refusesWrongAndStaleChanges() throws Exception {
    assertThat(send("POST", "{\"section\":\"rules\"}"))
        .startsWith("400 ")
        .contains("allowed: merges, categories, names");
    assertThat(send("POST", "{\"section\":\"names\",\"kind\":\"x\",\"match\":\"a\",\"as\":\"b\"}"))
        .startsWith("400 ")
        .contains("unknown kind");
    assertThat(send("POST", "{\"section\":\"names\",\"match\":\"(\",\"as\":\"b\"}"))
        .startsWith("400 ")
        .contains("not a valid RE2 expression");
    assertThat(send("DELETE", "{\"line\":7}")).startsWith("400 ").contains("no entry in line 7");
    assertThat(send("DELETE", "{}")).startsWith("400 ").contains("line is not a number");
    assertThat(
            send(
                "POST",
                "{\"section\":\"names\",\"match\":\"a\",\"as\":\"b\",\"version\":\"stale\"}"))
        .startsWith("409 ")
        .contains("has changed meanwhile");
    send("POST", "{\"section\":\"merges\",\"match\":\"a\",\"as\":\"b\"}");
    assertThat(send("POST", "{\"section\":\"merges\",\"match\":\"b\",\"as\":\"a\"}"))
        .startsWith("400 ")
        .contains("write one merge");
    assertThat(rules.entries()).hasSize(1);
  }
}
