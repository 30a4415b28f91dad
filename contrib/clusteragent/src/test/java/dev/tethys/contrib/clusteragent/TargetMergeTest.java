package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Secret;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TargetMergeTest {
  private static final String FILE =
      """
      databases:
      - {engine: postgres, address: "10.0.0.1:5432", user: own}
      credentials:
      - {engine: postgres, address: "10.0.0.*", name: "shop*", user: shop, password_env: SECRET}
      - {engine: postgres, user: other, password: p, tls: {insecure_skip_verify: true},
         labels: {team: data}}
      """;

  private static ClusterAgentConfig config(String text) {
    return ClusterAgentConfig.parse("agent.yml", text, Map.of("SECRET", "s3")::get);
  }

  private static FoundDatabase found(
      DatabaseEngine engine, String host, String name, String by, String... others) {
    return new FoundDatabase(
        engine, host, engine.port(), name, by, null, "", Set.copyOf(List.of(others)));
  }

  private static List<DatabaseTarget> merged(String file, List<List<FoundDatabase>> sources) {
    return TargetMerge.of(config(file), sources).targets();
  }

  @Test
  void prefersTheFileThenEarlierSources() {
    FoundDatabase annotated =
        new FoundDatabase(
            DatabaseEngine.POSTGRES,
            "10.0.0.2",
            5432,
            "ns/pod",
            "annotations of pod ns/pod",
            DatabaseLogin.of("pod", new Secret("x"), "", null),
            "",
            Set.of());
    List<DatabaseTarget> all =
        merged(
            FILE,
            List.of(
                List.of(annotated),
                List.of(
                    found(DatabaseEngine.POSTGRES, "10.0.0.1", "shop-db", "service map"),
                    found(DatabaseEngine.POSTGRES, "10.0.0.2", "shop-db", "service map"),
                    found(
                        DatabaseEngine.POSTGRES, "192.0.2.1", "x", "service map", "10.0.0.1:5432"),
                    found(DatabaseEngine.POSTGRES, "10.0.0.3", "shop-db", "service map"))));
    assertThat(all)
        .extracting(t -> t.server().address() + " " + t.server().user() + " " + t.foundBy())
        .containsExactly(
            "10.0.0.1:5432 own ",
            "10.0.0.2:5432 pod annotations of pod ns/pod",
            "10.0.0.3:5432 shop service map");
  }

  @Test
  void usesTheFirstCredentialsThatFit() throws Exception {
    DatabaseTarget first =
        merged(FILE, List.of(List.of(found(DatabaseEngine.POSTGRES, "10.0.0.3", "shop", "map"))))
            .getLast();
    assertThat(first.server().user()).isEqualTo("shop");
    assertThat(first.server().password().password().value()).isEqualTo("s3");
    DatabaseTarget second =
        merged(FILE, List.of(List.of(found(DatabaseEngine.POSTGRES, "10.0.0.3", "crm", "map"))))
            .getLast();
    assertThat(second.server().user()).isEqualTo("other");
    assertThat(second.server().tls()).isNotNull();
    assertThat(second.labels()).containsEntry("team", "data");
    assertThat(second).asString().doesNotContain("other");
  }

  @Test
  void doesNotLogInWithoutCredentials() {
    List<DatabaseTarget> all =
        merged(
            FILE,
            List.of(
                List.of(
                    found(DatabaseEngine.MYSQL, "10.0.0.3", "crm", "service map"),
                    found(DatabaseEngine.REDIS, "10.0.0.3", "cache", "service map"),
                    found(DatabaseEngine.MEMCACHED, "10.0.0.3", "cache", "service map"))));
    DatabaseTarget.Obstacle why = all.get(1).obstacle();
    assertThat(why).isNotNull();
    TargetState s = TargetState.waiting(all.get(1), Instant.EPOCH);
    assertThat(s.status()).isEqualTo(Status.NO_CREDENTIALS);
    assertThat(s.error())
        .isEqualTo(
            "no credentials: add an entry with engine mysql and name crm to credentials of the"
                + " cluster agent's file");
    assertThat(all.get(2).obstacle()).isNull();
    assertThat(all.get(3).obstacle()).isNull();
  }

  @Test
  void boundsTheNumberOfFoundDatabases() {
    List<FoundDatabase> many = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      many.add(found(DatabaseEngine.REDIS, "h" + i, "", "service map"));
    }
    TargetMerge.Merged m = TargetMerge.of(config(FILE), List.of(many));
    assertThat(m.targets()).hasSize(1 + TargetMerge.MAX_FOUND);
    assertThat(m.leftOut()).isEqualTo(2000);
  }
}
