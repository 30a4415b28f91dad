package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.SignedConfig;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Agents that take only signed configurations. */
@Timeout(120)
@Tag("slow")
class SignedVersionTest extends FleetCase {
  private static final String BATCH = graph("{batch: {}}", "batch");

  private KeyPair keys;

  @BeforeEach
  void generateKeys() throws Exception {
    keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  private static String sign(KeyPair with, String name, String text) throws Exception {
    Signature s = Signature.getInstance("Ed25519");
    s.initSign(with.getPrivate());
    s.update(SignedConfig.statement(name, text));
    return SignedConfig.sign(name, text, s.sign());
  }

  private TestCollector start(String name) throws Exception {
    TestCollector c =
        new TestCollector(
            clock, port, folder.resolve(name), OWN, Map.of("env", "prod"), "", keys.getPublic());
    agents.add(c);
    until(() -> all(get("/agents"), a -> a.path("connected").asBoolean()));
    return c;
  }

  /** Rolls a text out; how that ended. */
  private String rollOut(String text) throws Exception {
    done(post("/configurations", body().put("name", "edge").put("text", text)));
    long id =
        done(post(
                "/rollouts",
                body().put("configuration", "edge").put("soak", "0s").put("minItems", 0)))
            .path("id")
            .asLong();
    until(() -> !get("/rollouts").get(0).path("state").asString().equals("running"));
    JsonNode r = get("/rollouts").get(0);
    assertThat(r.path("id").asLong()).isEqualTo(id);
    return r.path("state").asString() + ": " + r.path("stateReason").asString();
  }

  @Test
  void onlySignedTextsReachTheGraph() throws Exception {
    TestCollector agent = start("a");
    until(() -> get("/agents").size() == 1);
    assertThat(rollOut(sign(keys, "edge", BATCH))).isEqualTo("done: ");
    assertThat(agent.effective()).contains("batch");
    assertThat(get("/configurations").get(0).path("signed").asBoolean()).isTrue();
    int offers = agent.offers.get();

    assertThat(rollOut(OWN)).startsWith("undone").contains("configuration edge is not signed");
    KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    assertThat(rollOut(sign(other, "edge", OWN)))
        .startsWith("undone")
        .contains("the signature of configuration edge is not one of the key");
    assertThat(rollOut(sign(keys, "edge", BATCH).replace("batch: {}", "batch: {timeout: 1s}")))
        .startsWith("undone")
        .contains("is not one of the key");
    assertThat(rollOut(sign(keys, "other", OWN)))
        .startsWith("undone")
        .contains("the signature is of configuration other, not of edge");
    assertThat(rollOut(sign(keys, "edge", BATCH) + "# more\n"))
        .startsWith("undone")
        .contains("is not signed");
    assertThat(agent.effective()).isEqualTo(sign(keys, "edge", BATCH));
    assertThat(agent.offers.get()).isEqualTo(offers);
  }

  @Test
  void agentVerifiesEarlierConfigurationAtStart() throws Exception {
    agent("a", "prod");
    until(() -> get("/agents").size() == 1);
    assertThat(rollOut(BATCH)).isEqualTo("done: ");
    agents.removeFirst().close();
    TestCollector again = start("a");
    assertThat(again.effective()).isEqualTo(OWN);
    until(
        () ->
            get("/agents")
                .get(0)
                .path("configuration")
                .path("error")
                .asString()
                .contains("is not signed"));
    // It takes a signed one from then on.
    assertThat(rollOut(sign(keys, "edge", BATCH))).isEqualTo("done: ");
    assertThat(again.effective()).contains("batch");
  }
}
