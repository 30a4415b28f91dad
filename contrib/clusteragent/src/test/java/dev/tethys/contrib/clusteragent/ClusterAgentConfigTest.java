package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterAgentConfigTest {
  private static ClusterAgentConfig parse(String text) {
    return ClusterAgentConfig.parse("agent.yml", text, Map.of("SECRET", "s3")::get);
  }

  private static void refused(String text, String... parts) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void readsDatabases() throws Exception {
    ClusterAgentConfig c =
        parse(
            """
            interval: 30s
            exclude_databases: [template0]
            databases:
            - engine: postgres
              address: db1
              user: tethys
              password_env: SECRET
              tls: {ca_file: /ca.pem}
              labels: {team: shop}
            - {engine: memcached, address: "[::1]:11212", interval: 5s, timeout: 1s}
            """);
    DatabaseTarget first = c.databases().getFirst();
    assertThat(first.server().address()).isEqualTo("db1:5432");
    assertThat(first.server().password().password().value()).isEqualTo("s3");
    assertThat(first.interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(first.labels()).containsEntry("team", "shop");
    assertThat(first.server().limits().excluded()).containsExactly("template0");
    DatabaseTarget second = c.databases().getLast();
    assertThat(second.server().address()).isEqualTo("[::1]:11212");
    assertThat(second.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(second.server().tls()).isNull();
  }

  @Test
  void readsPasswordsFromFilesAtEachLogin(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("password");
    Files.writeString(file, "one\n");
    DatabaseTarget t =
        parse("databases: [{engine: redis, address: r1, password_file: " + file + "}]")
            .databases()
            .getFirst();
    assertThat(t.server().password().password().value()).isEqualTo("one");
    Files.writeString(file, "two\n");
    assertThat(t.server().password().password().value()).isEqualTo("two");
  }

  @Test
  void namesThePlaceOfMistakes() {
    refused("databases:\n- {engine: oracle, address: x}\n", "agent.yml:2:12", "oracle");
    refused("databases:\n- {engine: mysql, adress: x}\n", "adress", "did you mean \"address\"?");
    refused("databases:\n- {engine: mysql, address: 'x:99999'}\n", "\"99999\" is not a port");
    refused("databases:\n- {engine: mysql, address: 'u:p4ss@x:1'}\n", "is not HOST:PORT");
    refused("interval: 10ms\n", "interval must be from 1s to 1h");
    refused("max_tables_per_database: -1\n", "it must be 0 or more");
    refused("track_database_changes: true\n", "agent.yml:1", "needs --coroot-url");
    refused("kubernetes: {namespaces: [A_b]}\n", "is not the name of a namespace");
    refused("kubernetes: {context: x}\n", "context needs kubeconfig");
    refused("found_databases: some\n", "found_databases", "some");
    refused("credentials:\n- {user: x}\n", "agent.yml:2", "engine");
    refused("credentials:\n- {engine: memcached, user: x}\n", "memcached has no login");
    refused("credentials: [{engine: redis, labels: {address: y}}]\n", "cannot be a label");
    refused(
        "databases:\n- {engine: mysql, address: x, password: a, password_env: SECRET}\n",
        "set only one of");
    refused("databases:\n- {engine: mysql, address: x, password_env: NONE}\n", "NONE is not set");
    refused(
        "databases:\n- {engine: mysql, address: x}\n- {engine: mysql, address: 'x:3306'}\n",
        "agent.yml:3",
        "configured twice");
    refused(
        "databases:\n- {engine: mysql, address: x, labels: {address: y}}\n", "cannot be a label");
    refused("databases:\n- {engine: mysql, address: x, tls: {cert_file: a}}\n", "set together");
  }

  @Test
  void hidesPasswords() {
    assertThatThrownBy(() -> parse("databases:\n- {engine: mysql, address: 'u:p4ss@x:1'}\n"))
        .hasMessageNotContaining("p4ss");
    assertThat(parse("databases: [{engine: mysql, address: x, password: hidden}]").databases())
        .asString()
        .doesNotContain("hidden");
  }

  @Test
  void acceptsAnEmptyFile() {
    assertThat(parse("").databases()).isEmpty();
  }
}
