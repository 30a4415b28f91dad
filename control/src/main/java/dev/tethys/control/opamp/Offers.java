package dev.tethys.control.opamp;

import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.mdai.Resource;
import dev.tethys.control.mdai.Variables;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.opamp.AgentContract;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Offer of each agent: a version of a configuration, live controls and variables. The hash of an
 * offer is that of the version, followed by those of the controls and the variables, if any; with
 * variables and without controls, zeros replace the hash of the controls.
 */
public final class Offers {
  /** Hash of the offer of no package. */
  private static final String NO_PACKAGES = Texts.sha256("no packages");

  /** Label of an agent with the name of its hub. */
  static final String HUB = "mydecisive.ai/hub-name";

  private final Rollouts rollouts;
  private final Controls controls;
  private final Variables variables;
  private final Packages packages;

  public Offers(Rollouts rollouts, Controls controls, Variables variables, Packages packages) {
    this.packages = packages;
    this.rollouts = rollouts;
    this.controls = controls;
    this.variables = variables;
  }

  /** Variables of an agent: those of its hub, or of the only one. */
  private String variables(AgentState a) {
    Variables.Snapshot now = variables.now();
    List<Resource.Hub> hubs = now.manifests().hubs();
    String own = a.labels().getOrDefault(HUB, "");
    String hub = !own.isEmpty() ? own : hubs.size() == 1 ? hubs.getFirst().meta().name() : "";
    return hub.isEmpty() ? "" : now.environment(hub).json();
  }

  /** Returns the offer for an agent; null if none. */
  @Nullable RemoteConfig offer(AgentState a) {
    if (!a.acceptsConfiguration()) {
      return null;
    }
    AgentVersions.Wanted runs = rollouts.offered(a);
    ConfigVersion version = runs.version();
    String config = runs.hash();
    if (config == null) {
      return null;
    }
    Controls.Document document =
        a.acceptsControls() ? controls.document(a) : Controls.Document.NONE;
    String variables = a.acceptsControls() ? variables(a) : "";
    String wanted =
        variables.isEmpty()
            ? config + document.hash()
            : config
                + (document.hash().isEmpty() ? AgentState.NO_HASH : document.hash())
                + Texts.sha256(variables);
    if (wanted.equals(a.remoteHash())
        || wanted.equals(AgentState.OWN) && a.remoteHash().isEmpty()) {
      return null;
    }
    TreeMap<String, RemoteConfig.File> files = new TreeMap<>();
    if (version != null) {
      files.put(version.name() + ".yaml", RemoteConfig.File.yaml(version.text()));
    }
    if (!document.text().isEmpty()) {
      files.put("controls", new RemoteConfig.File(document.text(), AgentContract.CONTROLS));
    }
    if (!variables.isEmpty()) {
      files.put("variables", new RemoteConfig.File(variables, AgentContract.VARIABLES));
    }
    return new RemoteConfig(files, HexFormat.of().parseHex(wanted));
  }

  /**
   * Returns the packages to offer to an agent; null if none.
   *
   * @param base address by which the agent reaches the control plane, such as {@code http://c:4320}
   */
  @Nullable PackagesOffer packages(AgentState a, String base) {
    if (!a.acceptsPackages()) {
      return null;
    }
    AgentVersions.Target t = rollouts.offeredPackage(a);
    String has = a.packagesHash();
    if (t == null) {
      // Without packages an agent returns to the version that it was started with.
      return rollouts.isReleasedPackage(has)
          ? new PackagesOffer(new TreeMap<>(), HexFormat.of().parseHex(NO_PACKAGES))
          : null;
    }
    String wanted = Rollout.offerHash(t.version(), t.rollout());
    String name = t.version().name().substring(Packages.PREFIX.length());
    Packages.AgentPackage p = packages.find(name, t.version().number());
    if (wanted.equals(has) || p == null) {
      return null;
    }
    TreeMap<String, PackagesOffer.Offered> all = new TreeMap<>();
    all.put(
        name,
        new PackagesOffer.Offered(
            false,
            p.version(),
            p.url().isEmpty() ? base + OpampEndpoint.PACKAGES + p.sha256() : p.url(),
            HexFormat.of().parseHex(p.sha256()),
            p.signature(),
            Map.of(),
            t.version().hashBytes()));
    return new PackagesOffer(all, HexFormat.of().parseHex(wanted));
  }

  /** State of a control at an agent that does not run the pipeline to which it moves items. */
  static final String NO_TARGET = "no such target";

  /**
   * Returns the state of a control at an agent: {@code applied}, {@code no such target}, {@code
   * pending}, {@code failed}, {@code disconnected}, {@code unsupported}, or {@code unknown
   * configuration} for an agent that runs a configuration of another control plane and is offered
   * nothing.
   */
  public String state(LiveControl c, AgentState a) {
    String common = common(a);
    return c.isActive() || common.equals("unsupported") ? of(c, a, common) : "ended";
  }

  /** Returns the state of all active controls at an agent; "" if it depends on the control. */
  public String common(AgentState a) {
    if (!a.acceptsConfiguration() || !a.acceptsControls()) {
      return "unsupported";
    }
    if (!a.connected()) {
      return "disconnected";
    }
    if (rollouts.wanted(a).hash() == null) {
      return "unknown configuration";
    }
    if (!controls.document(a).hash().equals(a.controlsHash())) {
      return "pending";
    }
    return a.controlsFailed() ? "failed" : "";
  }

  /** Returns the state of an active control at an agent, given the state common to all of them. */
  public static String of(LiveControl c, AgentState a, String common) {
    if (!common.isEmpty()) {
      return common;
    }
    Totals totals = a.totals();
    boolean reported = totals != null && c.countsIn(totals).active();
    if (totals != null && reported && c.countsIn(totals).targetMissing()) {
      return NO_TARGET;
    }
    boolean settled =
        switch (a.remoteState()) {
          case APPLIED, FAILED -> true;
          default -> false;
        };
    return settled || reported ? "applied" : "pending";
  }
}
