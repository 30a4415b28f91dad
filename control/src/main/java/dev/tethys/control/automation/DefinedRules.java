package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.Manifests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Rules and resources of the files of flags and of the repository, which apply together. */
public final class DefinedRules {
  private final Automation automation;
  private final Hubs hubs;

  @GuardedBy("this")
  private List<AutomationRule> ofFlags = List.of();

  @GuardedBy("this")
  private List<AutomationRule> ofRepository = List.of();

  @GuardedBy("this")
  private Manifests manifestsOfFlags = Manifests.NONE;

  @GuardedBy("this")
  private Manifests manifestsOfRepository = Manifests.NONE;

  public DefinedRules(Automation automation, Hubs hubs) {
    this.automation = automation;
    this.hubs = hubs;
  }

  /**
   * Replaces the rules from files given by flags.
   *
   * @throws ConfigException if the repository has one of the same name; nothing changes then
   */
  public synchronized void takeFlags(List<AutomationRule> rules, Manifests manifests)
      throws IOException {
    Set<String> names = names(ofRepository);
    for (AutomationRule r : rules) {
      if (names.contains(r.name())) {
        throw new ConfigException(
            "--automation", "rule " + r.name() + " is also in the repository; remove one of them");
      }
    }
    hubs.define(manifests.with(manifestsOfRepository));
    ofFlags = rules;
    manifestsOfFlags = manifests;
    define();
  }

  /** Replaces the rules of the repository; errors as for the other method. */
  public synchronized void takeRepository(List<AutomationRule> rules, Manifests manifests)
      throws IOException {
    Manifests all = manifestsOfFlags.with(manifests);
    if (!manifests.equals(manifestsOfRepository)) {
      hubs.define(all);
    }
    ofRepository = rules;
    manifestsOfRepository = manifests;
    define();
  }

  @GuardedBy("this")
  private void define() {
    List<AutomationRule> all = new ArrayList<>(ofFlags);
    all.addAll(ofRepository);
    automation.define(List.copyOf(all));
  }

  private static Set<String> names(List<AutomationRule> rules) {
    return rules.stream().map(AutomationRule::name).collect(Collectors.toSet());
  }

  /** Returns the names of the rules loaded through flags. */
  public synchronized Set<String> namesOfFlags() {
    return names(ofFlags);
  }

  /** Returns the resources loaded through flags. */
  public synchronized Manifests manifestsOfFlags() {
    return manifestsOfFlags;
  }
}
