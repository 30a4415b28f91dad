package dev.tethys.control.mdai;

import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.model.UuidV7;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Hubs with their variables. Events are handled one after another; all changes that an event leads
 * to become visible together, after they and their journal are on disk.
 */
public final class Hubs {
  /** Reaction of rules to the events of one message. */
  @FunctionalInterface
  public interface Reaction {
    /** Handles an event; its changes belong to the message. */
    void handle(HubMessage message, HubEvent event);

    /** Notifies that the changes are visible. Called under the lock of the hubs; must not wait. */
    default void committed() {}
  }

  private final Variables variables;
  private final HubJournal journal;
  private final ReplayHost replays;
  private final InstantSource clock;
  private final Runnable changed;
  private volatile Supplier<Reaction> rules = () -> (message, event) -> {};
  private volatile Consumer<HubEvent> watcher = e -> {};
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Creates hubs without resources; see {@link #define}.
   *
   * @param changed called after variables have changed
   */
  public Hubs(
      Variables variables,
      HubJournal journal,
      ReplayHost replays,
      InstantSource clock,
      Runnable changed) {
    this.variables = variables;
    this.journal = journal;
    this.replays = replays;
    this.clock = clock;
    this.changed = changed;
  }

  public Variables variables() {
    return variables;
  }

  ReplayHost replays() {
    return replays;
  }

  /** Returns the current time in RFC 3339 format. */
  String now() {
    return Instant.ofEpochMilli(clock.millis()).toString();
  }

  /** Replaces the resources. */
  public void define(Manifests manifests) {
    variables.define(manifests);
    replays.define(manifests);
    changed.run();
  }

  /** Sets the rules: each message has a separate reaction. */
  public void follow(Supplier<Reaction> reactions) {
    rules = reactions;
  }

  /**
   * Receives the changes of variables that are on disk, in their order, with the number of changes
   * that led to them. It is called under the lock of the hubs: it may neither wait nor call them.
   */
  public void watch(Consumer<HubEvent> receiver) {
    watcher = receiver;
  }

  /** Generates an event ID. */
  public String newId() {
    return UuidV7.at(clock.millis(), random).toString();
  }

  /**
   * Applies changes in one message.
   *
   * @throws IOException if a change is not on disk; nothing has changed then
   */
  public void apply(Reaction reaction, Consumer<HubMessage> work) throws IOException {
    lock.lock();
    try {
      HubMessage m = new HubMessage(this, reaction);
      work.accept(m);
      commit(m, reaction);
    } finally {
      lock.unlock();
    }
  }

  private void commit(HubMessage m, Reaction reaction) throws IOException {
    journal.add(m.entries);
    boolean visible = variables.commit(m.change);
    m.seen.forEach(watcher);
    m.afterwards.forEach(Runnable::run);
    reaction.committed();
    if (visible) {
      changed.run();
    }
  }

  /**
   * Changes a variable for a user.
   *
   * @param data value, or entries of a set or map; for the removal from a map a list of keys
   * @return the event, as MDAI publishes it
   * @throws IllegalArgumentException if the data are not of its type
   * @throws IOException if the change is not on disk
   */
  public HubEvent change(String actor, Hub hub, HubVariable v, boolean add, JsonNode data)
      throws IOException {
    return change(actor, hub, v, add, data, 0);
  }

  /**
   * Changes a variable; parameters and exceptions are the same as for the other method.
   *
   * @param depth number of changes that led to this one, including this one if a rule makes it
   */
  public HubEvent change(
      String actor, Hub hub, HubVariable v, boolean add, JsonNode data, int depth)
      throws IOException {
    lock.lock();
    try {
      Reaction reaction = rules.get();
      HubMessage w = new HubMessage(this, reaction);
      Value before = w.change.value(hub, v);
      Value next = add ? added(v, before, data) : removed(v, before, data);
      String operation = add ? "add" : "remove";
      HubEvent request =
          w.variableEvent(
              hub, v, operation, data, HubEvent.OF_USERS, clock.millis() + "-" + v.key(), depth);
      w.publish(actor, request, w.set(hub, v, next));
      String change = v.type().isScalar() ? "set" : add ? "added" : "removed";
      if (v.type() == DataType.MAP && add) {
        change = "set";
      }
      w.handle(
          w.variableEvent(
              hub, v, change, data, HubEvent.OF_ACTIONS, request.correlationId(), depth));
      commit(w, reaction);
      return request;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sets the variable with the status of a replay, which may trigger rules.
   *
   * @param hint anything unusual about it; "" for nothing
   * @return reason for which it cannot be set; "" if it is set
   * @throws IOException if the change is not on disk
   */
  public String report(String replay, String hubName, String variable, String status, String hint)
      throws IOException {
    lock.lock();
    try {
      Hub hub = variables.now().manifests().hub(hubName);
      HubVariable v = hub == null ? null : hub.variable(variable);
      if (hub == null || v == null || v.type() != DataType.STRING) {
        return "hub " + hubName + " has no variable " + variable + " of the type string";
      }
      ObjectNode said =
          JsonMapper.shared()
              .createObjectNode()
              .put("replay_name", replay)
              .put("replay_status", status);
      if (!hint.isEmpty()) {
        said.put("replay_hint", hint);
      }
      String text = said.toString();
      Reaction reaction = rules.get();
      HubMessage w = new HubMessage(this, reaction);
      HubEvent event =
          w.variableEvent(
              hub,
              v,
              "set",
              JsonMapper.shared().valueToTree(text),
              HubEvent.OF_REPLAYS,
              clock.millis() + "-" + replay,
              0);
      w.publish("replay:" + replay, event, w.set(hub, v, Value.of(text)));
      w.handle(event);
      commit(w, reaction);
      return "";
    } finally {
      lock.unlock();
    }
  }

  private static Value added(HubVariable v, Value before, JsonNode data) {
    Value read = v.type().read(data);
    return switch (read) {
      case Value.Scalar s -> s;
      case Value.Elements e -> {
        List<String> all = new ArrayList<>();
        if (before instanceof Value.Elements b) {
          all.addAll(b.all());
        }
        all.addAll(e.all());
        yield Value.of(all);
      }
      case Value.Entries e -> {
        Map<String, String> all = new TreeMap<>();
        if (before instanceof Value.Entries b) {
          all.putAll(b.all());
        }
        all.putAll(e.all());
        yield Value.of(all);
      }
    };
  }

  private static Value removed(HubVariable v, Value before, JsonNode data) {
    if (v.type().isScalar()) {
      v.type().read(data);
      return v.initial();
    }
    @Nullable Value keys = DataType.SET.read(data);
    Value out = before;
    if (keys instanceof Value.Elements e) {
      for (String key : e.all()) {
        out =
            v.type() == DataType.SET
                ? Variables.with(out, key, false)
                : Variables.with(out, key, (String) null);
      }
    }
    return out;
  }
}
