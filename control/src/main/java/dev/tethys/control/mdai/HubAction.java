package dev.tethys.control.mdai;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Action of a rule. Strings may refer to the event that triggered it. */
public sealed interface HubAction {
  /** Returns the type in MDAI's commands, such as {@code variable.set.add}. */
  String type();

  /** Returns the variable it changes, or the address it calls. */
  String target();

  /** Sets a scalar. */
  record SetVariable(String scalar, String value) implements HubAction {
    @Override
    public String type() {
      return "variable.scalar.update";
    }

    @Override
    public String target() {
      return scalar;
    }
  }

  /** Adds an element to a set, or removes it. */
  record ChangeSet(String set, String value, boolean add) implements HubAction {
    @Override
    public String type() {
      return add ? "variable.set.add" : "variable.set.remove";
    }

    @Override
    public String target() {
      return set;
    }
  }

  /** Sets an entry of a map, or removes it. */
  record ChangeMap(String map, String key, String value, boolean add) implements HubAction {
    @Override
    public String type() {
      return add ? "variable.map.add" : "variable.map.remove";
    }

    @Override
    public String target() {
      return map;
    }
  }

  /** Text, or the place of a text in a Secret or ConfigMap. */
  record Text(@Nullable String value, @Nullable KeyRef from) {}

  /** Entry of a Secret or ConfigMap in the namespace of the hub. */
  record KeyRef(boolean secret, String name, String key) {}

  /**
   * Sends a request.
   *
   * @param slack whether the body is a Slack message built from {@code values}
   * @param payload template of the body; null for Slack
   * @param values values for {@code ${template:NAME}} references
   */
  record CallWebhook(
      Text url,
      String method,
      boolean slack,
      @Nullable Text payload,
      Map<String, Text> values,
      Map<String, Text> headers,
      Duration timeout)
      implements HubAction {
    @Override
    public String type() {
      return "webhook.call";
    }

    @Override
    public String target() {
      KeyRef r = url.from();
      return r == null
          ? String.valueOf(url.value())
          : (r.secret() ? "secret/" : "configmap/") + r.name() + "/" + r.key();
    }
  }

  /** Starts a replay of archived data. */
  record DeployReplay(ReplaySpec spec) implements HubAction {
    @Override
    public String type() {
      return "replay.deploy";
    }

    @Override
    public String target() {
      return spec.statusVariable();
    }
  }

  /** Ends the replay whose status variable triggered the rule. */
  record CleanUpReplay() implements HubAction {
    @Override
    public String type() {
      return "replay.cleanup";
    }

    @Override
    public String target() {
      return "";
    }
  }
}
