package dev.tethys.control;

import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import java.util.HexFormat;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Offer of each agent: a version of a configuration and live controls. The hash of an offer is that
 * of the version, followed by that of the controls where there are any.
 */
final class Offers {
  private final Rollouts rollouts;
  private final Controls controls;

  Offers(Rollouts rollouts, Controls controls) {
    this.rollouts = rollouts;
    this.controls = controls;
  }

  /** What an agent must be offered; null for nothing. */
  @Nullable RemoteConfig offer(AgentState a) {
    if (!a.acceptsConfiguration()) {
      return null;
    }
    ConfigVersion version = rollouts.wanted(a);
    String config = version != null ? version.hash() : ownHash(a);
    if (config == null) {
      return null;
    }
    Controls.Document document =
        a.acceptsControls() ? controls.document(a) : Controls.Document.NONE;
    String wanted = config + document.hash();
    if (wanted.equals(a.remoteHash()) || wanted.equals(Rollouts.OWN) && a.remoteHash().isEmpty()) {
      return null;
    }
    TreeMap<String, RemoteConfig.File> files = new TreeMap<>();
    if (version != null) {
      files.put(version.name() + ".yaml", RemoteConfig.File.yaml(version.text()));
    }
    if (!document.text().isEmpty()) {
      files.put("controls", new RemoteConfig.File(document.text(), ControlledAgent.CONTROLS));
    }
    return new RemoteConfig(files, HexFormat.of().parseHex(wanted));
  }

  /** Hash of the agent's own configuration; null where it must keep one that is not known here. */
  private @Nullable String ownHash(AgentState a) {
    String has = a.configHash();
    return has.isEmpty() || has.equals(Rollouts.OWN) || rollouts.isReleased(has)
        ? Rollouts.OWN
        : null;
  }

  /**
   * State of a control at an agent: {@code applied}, {@code pending}, {@code failed}, {@code
   * disconnected}, {@code unsupported}, or {@code unknown configuration} for an agent that runs a
   * configuration of another control plane and is offered nothing.
   */
  String state(LiveControl c, AgentState a) {
    if (!a.acceptsConfiguration() || !a.acceptsControls()) {
      return "unsupported";
    }
    if (!c.isActive()) {
      return "ended";
    }
    if (!a.connected()) {
      return "disconnected";
    }
    ConfigVersion version = rollouts.wanted(a);
    String config = version != null ? version.hash() : ownHash(a);
    if (config == null) {
      return "unknown configuration";
    }
    if (!controls.document(a).hash().equals(a.controlsHash())) {
      return "pending";
    }
    if (a.controlsFailed()) {
      return "failed";
    }
    Totals.Control reported =
        a.totals() == null || a.totals().controls() == null
            ? null
            : a.totals().controls().get(c.control().id());
    boolean settled =
        switch (a.remoteState()) {
          case APPLIED, FAILED -> true;
          default -> false;
        };
    return settled || reported != null && reported.active() ? "applied" : "pending";
  }
}
