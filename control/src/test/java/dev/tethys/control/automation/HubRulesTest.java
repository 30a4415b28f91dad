package dev.tethys.control.automation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.mdai.HubJournal;
import dev.tethys.control.mdai.HubVariable;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.ManifestReaderTest;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.ReplayHost;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.mdai.Variables;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class HubRulesTest {
  @TempDir Path folder;
  private final List<HubJournal.Entry> journal = new CopyOnWriteArrayList<>();
  private final AtomicInteger changes = new AtomicInteger();
  private final List<String> replayed = new ArrayList<>();
  private final ReplayHost replays =
      new ReplayHost() {
        @Override
        public void check(ReplayRequest q) {
          if (replayed.contains("start " + q.name())) {
            throw new IllegalArgumentException("there is a replay " + q.name());
          }
        }

        @Override
        public void start(ReplayRequest q) {
          replayed.add("start " + q.name());
        }

        @Override
        public void end(String name) {
          replayed.add("end " + name);
        }

        @Override
        public void define(Manifests m) {}
      };
  private Hubs hubs;
  private HubRules rules;
  private Hub hub;

  @BeforeEach
  void start() throws Exception {
    hubs = hubs();
    rules = new HubRules(hubs, calls(), () -> Instant.ofEpochSecond(1_700_000_000));
    hubs.define(ManifestReader.read(List.of(ManifestReaderTest.own("hub.yaml"))));
    hub = ManifestReaderTest.hub(hubs.variables().now().manifests(), "shop");
    changes.set(0);
  }

  private static RuleCalls calls() {
    return new RuleCalls(List.of(), Scheduler.system());
  }

  private Hubs hubs() throws IOException {
    return new Hubs(
        new Variables(folder.resolve("variables.json")),
        journal::addAll,
        replays,
        () -> Instant.ofEpochSecond(1_700_000_000),
        changes::incrementAndGet);
  }

  private List<String> fire(String alert, String status, String... labels) throws IOException {
    Map<String, String> all = new java.util.TreeMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      all.put(labels[i], labels[i + 1]);
    }
    String payload =
        JsonMapper.shared().writeValueAsString(Map.of("labels", all, "status", status));
    List<String> out = new ArrayList<>();
    for (HubRules.Step s :
        rules.handle(
            "alertmanager",
            new HubEvent(
                hubs.newId(),
                alert + "." + status,
                "2026-01-01T00:00:00Z",
                payload,
                HubEvent.OF_ALERTS,
                "fp",
                "1-fp",
                "shop",
                0,
                new HubEvent.Subject(false, alert, status)))) {
      out.add(s.rule() + " " + s.action() + " " + s.result());
    }
    return out;
  }

  private Map<String, String> environment() {
    return hubs.variables().now().environment("shop").texts();
  }

  @Test
  void alertsChangeVariablesAndVariablesTriggerRules() throws Exception {
    assertThat(environment())
        .containsEntry("NOISY_REGEX", "")
        .containsEntry("LEVEL", "9")
        .containsEntry("RATIO", "0.5")
        .containsEntry("ALERTED", "false")
        .containsEntry("ROUTE", "archive");
    assertThat(fire("noisy_service", "firing", "service", "cart", "team", "shop"))
        .containsExactly(
            "add variable.set.add done",
            "add variable.map.add done",
            "add variable.scalar.update done",
            "escalate variable.scalar.update done",
            "loop variable.scalar.update done");
    fire("noisy_service", "firing", "service", "api");
    assertThat(environment())
        .containsEntry("NOISY_REGEX", "cart|api")
        .containsEntry("NOISY_CSV", "cart,api")
        .containsEntry("CHOSEN", "cart|api")
        .containsEntry("OWNERS", "api: nobody\ncart: shop\n")
        .containsEntry("ALERTED", "true")
        .containsEntry("LEVEL", "21");
    assertThat(changes.get()).isEqualTo(2);
    fire("noisy_service", "resolved", "service", "cart");
    assertThat(environment())
        .containsEntry("NOISY_REGEX", "api")
        .containsEntry("OWNERS", "api: nobody\n");
    assertThat(fire("noisy_service", "pending", "service", "x")).isEmpty();
    assertThat(fire("other", "firing")).isEmpty();
    assertThat(hubs().variables().now().environment("shop").texts()).isEmpty();
    Hubs again = hubs();
    again.define(hubs.variables().now().manifests());
    assertThat(again.variables().now().environment("shop").texts()).isEqualTo(environment());
  }

  @Test
  void journalHasMdaiFields() throws Exception {
    fire("noisy_service", "firing", "service", "cart");
    assertThat(journal.getFirst().fields())
        .containsEntry("name", "noisy_service.firing")
        .containsEntry("source", "prometheus")
        .containsEntry("source_id", "fp")
        .containsEntry("correlation_id", "1-fp")
        .containsEntry("hub_name", "shop")
        .containsEntry("publish_success", "true")
        .containsKeys("id", "timestamp", "payload");
    assertThat(journal.get(1).fields())
        .containsEntry("operation", "Add element to set")
        .containsEntry("target", "noisy")
        .containsEntry("variable_ref", "cart")
        .containsEntry("variable", "cart")
        .containsEntry("correlation_id", "1-fp")
        .containsEntry("recursion_depth", "0");
    assertThat(journal)
        .anyMatch(
            e ->
                e.action().equals("rule")
                    && "add".equals(e.fields().get("automation_name"))
                    && "true".equals(e.fields().get("automation_succeeded")));
  }

  @Test
  void firstFailureEndsARule() throws Exception {
    assertThat(fire("bad_value", "firing", "level", "high"))
        .containsExactly("fails variable.scalar.update failed");
    assertThat(fire("bad_value", "firing")).containsExactly("fails variable.scalar.update failed");
    assertThat(environment()).containsEntry("ALERTED", "false").containsEntry("LEVEL", "9");
    assertThat(journal.getLast().fields()).containsEntry("automation_succeeded", "false");
  }

  @Test
  void usersChangeManualVariables() throws Exception {
    HubEvent e =
        hubs.change(
            "olga",
            hub,
            ManifestReaderTest.variable(hub, "muted"),
            true,
            JsonMapper.shared().readTree("[\"b\",\"a\"]"));
    assertThat(e.name()).isEqualTo("var.add");
    assertThat(e.source()).isEqualTo("manual_variables_api");
    assertThat(e.payload())
        .isEqualTo(
            "{\"variableRef\":\"muted\",\"dataType\":\"set\",\"operation\":\"add\",\"data\":[\"b\",\"a\"]}");
    assertThat(environment()).containsEntry("MUTED", "b,a").containsEntry("CHOSEN", "b|a");
    hubs.change(
        "olga",
        hub,
        ManifestReaderTest.variable(hub, "muted"),
        false,
        JsonMapper.shared().readTree("[\"a\"]"));
    assertThat(environment()).containsEntry("MUTED", "b");
    hubs.change(
        "olga",
        hub,
        ManifestReaderTest.variable(hub, "limits"),
        true,
        JsonMapper.shared().readTree("{\"archive\":\"10\"}"));
    assertThat(environment())
        .containsEntry("LIMIT", "10")
        .containsEntry("LIMITS", "archive: \"10\"\n");
    hubs.change(
        "olga",
        hub,
        ManifestReaderTest.variable(hub, "limits"),
        false,
        JsonMapper.shared().readTree("[\"archive\"]"));
    assertThat(environment()).containsEntry("LIMIT", "").containsEntry("LIMITS", "");
    hubs.change(
        "olga",
        hub,
        ManifestReaderTest.variable(hub, "route"),
        true,
        JsonMapper.shared().readTree("\"vendor\""));
    assertThat(environment()).containsEntry("ROUTE", "vendor");
    HubVariable route = ManifestReaderTest.variable(hub, "route");
    hubs.change("olga", hub, route, false, JsonMapper.shared().readTree("\"vendor\""));
    assertThat(environment()).as("its default").containsEntry("ROUTE", "archive");
    assertThatThrownBy(
            () ->
                hubs.change(
                    "olga",
                    hub,
                    ManifestReaderTest.variable(hub, "route"),
                    true,
                    JsonMapper.shared().readTree("3")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 is not a string");
  }

  @Test
  void unsyncedChangeIsNotVisible() throws Exception {
    Hubs broken =
        new Hubs(
            hubs.variables(),
            entries -> {
              throw new IOException("disk is full");
            },
            replays,
            () -> Instant.EPOCH,
            changes::incrementAndGet);
    assertThatThrownBy(
            () ->
                broken.change(
                    "olga",
                    hub,
                    ManifestReaderTest.variable(hub, "route"),
                    true,
                    JsonMapper.shared().readTree("\"x\"")))
        .hasMessage("disk is full");
    assertThat(environment()).containsEntry("ROUTE", "archive");
    assertThat(changes.get()).isZero();
  }

  @Test
  void sendsAWebhookAndRunsTheFollowingActions() throws Exception {
    List<String> bodies = new CopyOnWriteArrayList<>();
    AtomicInteger status = new AtomicInteger(204);
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        q -> {
          bodies.add(
              q.getRequestMethod()
                  + " "
                  + q.getRequestHeaders().getFirst("Authorization")
                  + " "
                  + new String(q.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          q.sendResponseHeaders(status.get(), -1);
          q.close();
        });
    receiver.start();
    try {
      String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook";
      String text =
          java.nio.file.Files.readString(ManifestReaderTest.own("hub.yaml"))
              + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: webhooks, namespace:"
              + " observability}\ndata: {url: \""
              + url
              + "\"}\n";
      hubs.define(ManifestReader.parse("hub.yaml", text));
      assertThat(fire("paged", "firing", "service", "cart"))
          .containsExactly("notify webhook.call running");
      Waiting.await(() -> "true".equals(environment().get("ALERTED")));
      assertThat(bodies)
          .containsExactly(
              "POST Bearer abc {\"service\": \"cart\", \"env\": \"prod\", \"by\": \"hub shop\"}");
      fire("chatted", "firing", "service", "cart", "alertname", "chatted");
      Waiting.await(() -> bodies.size() == 2);
      assertThat(bodies.getLast())
          .contains("\"text\":\"Too loud\"", "*service* - cart", "See more", "*status* - firing");
      status.set(500);
      fire("chatted", "resolved", "service", "cart");
      Waiting.await(() -> rules.steps().getFirst().error().contains("answered 500"));
    } finally {
      receiver.stop(0);
    }
  }

  @Test
  void missingWebhookTextFails() throws Exception {
    fire("paged", "firing", "service", "cart");
    Waiting.await(
        () -> rules.steps().getFirst().error().contains("ConfigMap observability/webhooks"));
    Waiting.await(() -> !journal.isEmpty() && journal.getLast().action().equals("rule_failed"));
    assertThat(environment()).containsEntry("ALERTED", "false");
  }
}
