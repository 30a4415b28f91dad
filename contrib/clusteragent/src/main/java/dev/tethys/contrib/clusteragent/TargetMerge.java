package dev.tethys.contrib.clusteragent;

import dev.tethys.contrib.clusteragent.DatabaseTarget.Obstacle;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Merges the databases of the file with those of sources. */
final class TargetMerge {
  /** Most found databases; further ones are left out. */
  static final int MAX_FOUND = 1000;

  private TargetMerge() {}

  /**
   * Targets of an agent.
   *
   * @param targets those of the file first
   * @param leftOut number of found databases beyond {@link #MAX_FOUND}
   */
  record Merged(List<DatabaseTarget> targets, int leftOut) {}

  /**
   * Merges. A database of the file takes precedence over a found one at the same address, and an
   * earlier source over a later one.
   */
  static Merged of(ClusterAgentConfig config, List<List<FoundDatabase>> sources) {
    List<DatabaseTarget> out = new ArrayList<>(config.databases());
    Set<String> addresses = new HashSet<>();
    out.forEach(t -> addresses.add(t.server().address()));
    int found = 0;
    for (List<FoundDatabase> source : sources) {
      for (FoundDatabase d : source) {
        if (d.needsRule() && config.found().credentials().stream().noneMatch(r -> r.isFor(d))) {
          continue;
        }
        if (d.others().stream().anyMatch(addresses::contains) || !addresses.add(d.address())) {
          continue;
        }
        addresses.addAll(d.others());
        if (found++ < MAX_FOUND) {
          out.add(target(d, config.found()));
        }
      }
    }
    return new Merged(List.copyOf(out), Math.max(0, found - MAX_FOUND));
  }

  /** Target with the login of the source or of the first rule that fits. */
  static DatabaseTarget target(FoundDatabase d, FoundSettings settings) {
    DatabaseLogin login = d.login();
    Map<String, String> labels = Map.of();
    for (CredentialRule r : settings.credentials()) {
      if (r.isFor(d)) {
        login = login == null ? r.login() : login;
        labels = r.labels();
        break;
      }
    }
    Obstacle obstacle = null;
    if (!d.problem().isEmpty()) {
      obstacle = new Obstacle(Status.NOT_READ, d.problem());
    } else if (login == null && d.engine().needsLogin()) {
      obstacle =
          new Obstacle(
              Status.NO_CREDENTIALS,
              "no credentials: add an entry with engine "
                  + d.engine()
                  + (d.name().isEmpty() ? "" : " and name " + d.name())
                  + " to credentials of the cluster agent's file");
    }
    return DatabaseTarget.of(
            d.engine(),
            d.host(),
            d.port(),
            login == null ? DatabaseLogin.NONE : login,
            settings.limits(),
            labels,
            settings.times())
        .found(d.foundBy(), d.name(), obstacle);
  }
}
