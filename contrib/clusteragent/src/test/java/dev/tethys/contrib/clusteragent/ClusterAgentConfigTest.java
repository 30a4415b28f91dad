package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.database.reader.ReaderTarget;
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
    for (String key :
        new String[] {
          "track_database_changes", "track_statement_plans", "track_statement_samples"
        }) {
      refused(key + ": true\n", "agent.yml:1", key + " needs a receiver", "--coroot-url");
    }
    refused("slow_statement_threshold: 2s\n", "no effect without track_statement_samples");
    refused("kubernetes: {namespaces: [A_b]}\n", "is not the name of a namespace");
    refused("kubernetes: {min_age: 48h}\n", "min_age must be");
    refused("kubernetes: {events: true}\n", "needs --coroot-url");
    refused("kubernetes: {context: a}\n", "valid with kubeconfig only");
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
  void tracksStatementsWhereRecordsAreStored(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("agent.yml");
    Files.writeString(file, "databases: [{engine: redis, address: r1}]\n");
    ClusterAgentConfig.Defaults stored = ClusterAgentConfig.Defaults.STORED;
    ReaderTarget.Limits all = limits(file, stored);
    assertThat(all.changes()).isTrue();
    assertThat(all.statements())
        .isEqualTo(new ReaderTarget.StatementRecords(true, true, Duration.ofSeconds(1)));
    assertThat(limits(file, ClusterAgentConfig.Defaults.NONE).statements().plans()).isFalse();
    Files.writeString(
        file,
        """
        track_statement_plans: false
        slow_statement_threshold: 250ms
        databases: [{engine: redis, address: r1}]
        """);
    assertThat(limits(file, stored).statements())
        .isEqualTo(new ReaderTarget.StatementRecords(false, true, Duration.ofMillis(250)));
    Files.writeString(file, "slow_statement_threshold: 1ms\n");
    assertThatThrownBy(() -> limits(file, stored)).hasMessageContaining("must be from 10ms to 1h");
  }

  private static ReaderTarget.Limits limits(Path file, ClusterAgentConfig.Defaults defaults)
      throws Exception {
    return ClusterAgentConfig.read(file, defaults, Map.<String, String>of()::get)
        .databases()
        .getFirst()
        .server()
        .limits();
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
