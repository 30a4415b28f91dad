package dev.tethys.contrib.clusteragent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstrumentationJsonTest {
  private static InstrumentationJson.Answer read(String text) {
    return InstrumentationJson.read(text.getBytes(UTF_8), "configuration of c");
  }

  @Test
  void readsAnAnswerOfCoroot() throws Exception {
    InstrumentationJson.Answer a =
        read(
            """
            {"application_instrumentation": [
              {"type": "postgres", "host": "10.0.0.1", "port": "5432",
               "credentials": {"username": "u", "password": "p4"},
               "params": {"sslmode": "require"}, "instance": "db-0"},
              {"type": "mysql", "host": "10.0.0.2", "port": 3306,
               "credentials": {"username": "u", "password": "p"}, "params": {"tls": "preferred"}},
              {"type": "redis", "host": "fd00::1", "port": "6379",
               "credentials": {"username": "", "password": ""}, "params": null},
              {"type": "oracle", "host": "10.0.0.4", "port": "1"},
              {"type": "postgres", "host": "10.0.0.5/x", "port": "5432"},
              {"type": "postgres", "host": "10.0.0.5", "port": "99999999"},
              7],
             "aws_config": {"region": "eu-west-1", "secret_access_key": "hidden"}}
            """);
    assertThat(a.databases())
        .extracting(FoundDatabase::address)
        .containsExactly("10.0.0.1:5432", "10.0.0.2:3306", "[fd00::1]:6379");
    DatabaseLogin login = a.databases().getFirst().login();
    assertThat(login).isNotNull();
    if (login != null) {
      assertThat(login.password().password().value()).isEqualTo("p4");
      assertThat(login.tls()).isNotNull();
    }
    assertThat(a.databases().get(1).problem())
        .isEqualTo("tls \"preferred\" is not supported; use true, skip-verify or false");
    assertThat(a.databases().get(2).login()).isNull();
    assertThat(a.note())
        .contains("4 entries without a known type", "aws_config is not supported")
        .doesNotContain("hidden");
    assertThat(a.databases()).asString().doesNotContain("p4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "<html>",
        "{\"application_instrumentation\": {}}",
        "{\"application_instrumentation\": [",
        "{} {}"
      })
  void refusesOtherTexts(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(CodecException.class);
  }

  @Test
  void acceptsAnAnswerWithoutDatabases() {
    assertThat(read("{\"application_instrumentation\":null}").databases()).isEmpty();
    assertThat(read("{}").note()).isEmpty();
  }

  @Test
  void boundsTheNumberOfDatabases() {
    StringBuilder sb = new StringBuilder("{\"application_instrumentation\":[");
    for (int i = 0; i < 2000; i++) {
      sb.append(i == 0 ? "" : ",")
          .append("{\"type\":\"redis\",\"port\":\"1\",\"host\":\"h")
          .append(i)
          .append("\"}");
    }
    InstrumentationJson.Answer a = read(sb.append("]}").toString());
    assertThat(a.databases()).hasSize(TargetMerge.MAX_FOUND);
    assertThat(a.note()).contains("2000 databases; at most 1000 are read");
  }

  @Test
  void writesPasswordsOnlyIfPermitted() {
    ClusterAgentConfig c =
        ClusterAgentConfig.parse(
            "agent.yml",
            "credentials: [{engine: postgres, address: '10.*', user: u, password: p4,"
                + " tls: {insecure_skip_verify: true}}]",
            Map.<String, String>of()::get);
    List<FoundDatabase> found =
        List.of(
            database(DatabaseEngine.POSTGRES, "10.0.0.1"),
            database(DatabaseEngine.POSTGRES, "192.0.2.1"),
            database(DatabaseEngine.MEMCACHED, "10.0.0.3"));
    List<DatabaseTarget> targets = TargetMerge.of(c, List.of(found)).targets();
    assertThat(InstrumentationJson.write(targets, true, false))
        .isEqualTo(
            "{\"application_instrumentation\":["
                + "{\"credentials\":{\"password\":\"p4\",\"username\":\"u\"},"
                + "\"host\":\"10.0.0.1\",\"instance\":\"n\",\"params\":{\"sslmode\":\"require\"},"
                + "\"port\":\"5432\",\"type\":\"postgres\"},"
                + "{\"host\":\"10.0.0.3\",\"instance\":\"n\",\"port\":\"11211\","
                + "\"type\":\"memcached\"}]}");
    String without = InstrumentationJson.write(targets, false, true);
    assertThat(without)
        .contains("10.0.0.1", "192.0.2.1", "10.0.0.3")
        .doesNotContain("p4", "username");
    assertThat(InstrumentationJson.write(targets, false, false))
        .contains("10.0.0.3")
        .doesNotContain("10.0.0.1");
    assertThat(read(without).databases()).hasSize(3);
  }

  @Test
  void permitsPasswordsToNamedUsersOverTlsOrLoopback() {
    FoundSettings settings =
        ClusterAgentConfig.parse(
                "agent.yml",
                "{found_databases: serve, send_credentials_to: [agent]}",
                Map.<String, String>of()::get)
            .found();
    assertThat(InstrumentationPage.permits("agent", true, false, settings)).isTrue();
    assertThat(InstrumentationPage.permits("agent", false, true, settings)).isTrue();
    assertThat(InstrumentationPage.permits("agent", false, false, settings)).isFalse();
    assertThat(InstrumentationPage.permits("viewer", true, true, settings)).isFalse();
    assertThat(InstrumentationPage.permits("", true, true, settings)).isFalse();
    assertThat(InstrumentationPage.permits(null, true, true, settings)).isFalse();
  }

  private static FoundDatabase database(DatabaseEngine engine, String host) {
    return new FoundDatabase(engine, host, engine.port(), "n", "map", null, "", Set.of());
  }
}
