package dev.tethys.control.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Actor;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of rollouts of earlier releases, and what agents ran before all rollouts. */
class RolloutStateTest {
  private static final UUID UID = new UUID(0, 7);

  @TempDir private Path folder;

  private AgentState agent(ConfigVersion v, boolean hasOwn) {
    return new AgentState(
        UID,
        Map.of(),
        Capability.ACCEPTS_REMOTE_CONFIG,
        null,
        "",
        "",
        new RemoteStatus(HexFormat.of().parseHex(v.hash()), RemoteStatus.State.APPLIED, ""),
        null,
        0,
        1,
        "http",
        true,
        0,
        0,
        null,
        hasOwn);
  }

  /**
   * The agent ran version 3, which no rollout gave, then got version 1 by a rollout that was done,
   * and version 2 by one that was undone, which noted version 1 as the former one.
   */
  @Test
  void earlierReleaseFileReturnsAgentsToTheirFormerVersions() throws IOException {
    Files.writeString(
        folder.resolve("rollouts.json"),
        """
        {"format":1,"nextId":3,"layers":true,
        "assignments":[{"configuration":"edge","version":1,"selector":"","rollout":1}],
        "rollouts":[
        {"id":1,"configuration":"edge","version":1,"selector":"","author":"ann","state":"done",
        "reached":[{"uid":"%1$s","formerConfiguration":"edge","formerVersion":3}]},
        {"id":2,"configuration":"edge","version":2,"selector":"","author":"automation:r",
        "state":"undone","undoneByGuard":true,
        "reached":[{"uid":"%1$s","formerConfiguration":"edge","formerVersion":1}]}]}
        """
            .formatted(UID));
    try (ConfigStore store = new ConfigStore(folder.resolve("configurations.jsonl"));
        AuditLog audit = new AuditLog(folder.resolve("audit.jsonl"), InstantSource.system())) {
      for (int i = 1; i <= 3; i++) {
        store.add(
            "edge",
            "text " + i,
            new ConfigVersion.Author("ann", ""),
            "",
            "valid",
            0,
            (x, before) -> {});
      }
      ConfigVersion first = requireVersion(store, 1);
      ConfigVersion second = requireVersion(store, 2);
      Rollouts rollouts = open(store, audit);
      assertThat(rollouts.wanted(agent(second, true)).version()).isEqualTo(first);
      assertThat(rollouts.rejection("edge", 2)).contains("rollout 2");
      rollouts.read(
          (all, held) -> {
            assertThat(all.getFirst().startedBy).isEqualTo(Actor.Cause.USER);
            assertThat(all.getLast().startedBy).isEqualTo(Actor.Cause.RULE);
            return all;
          });
      rollouts.undo(1, Actor.user("ann"), "");
      assertThat(rollouts.wanted(agent(first, true)).version()).isEqualTo(requireVersion(store, 3));

      rollouts = open(store, audit);
      assertThat(rollouts.wanted(agent(first, false)).version())
          .isEqualTo(requireVersion(store, 3));
      assertThat(rollouts.refusal("edge", 1)).contains("a user has undone rollout 1");
    }
  }

  private Rollouts open(ConfigStore store, AuditLog audit) throws IOException {
    return new Rollouts(
        Scheduler.system(),
        new Fleet(Scheduler.system(), 10),
        store,
        audit,
        new RolloutState(folder.resolve("rollouts.json")),
        null,
        new Packages(folder),
        v -> Duration.ZERO);
  }

  private static ConfigVersion requireVersion(ConfigStore store, int number) {
    return java.util.Objects.requireNonNull(store.find("edge", number));
  }
}
