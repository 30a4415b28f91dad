package dev.tethys.control.mdai;

import dev.tethys.control.mdai.HubEvent.Subject;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.model.UuidV7;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rules of hubs. Events are handled one after the other; all changes that an event leads to become
 * visible together. The actions of a rule run in their order until one fails. From a webhook on
 * they run in a separate thread, so that a slow receiver delays no other event.
 */
public final class HubEngine {
  /** Events that may follow from each other before rules ignore them. */
  public static final int HOP_LIMIT = 2;

  private static final System.Logger LOG = JulLogger.of(HubEngine.class.getName());
  private static final int MAX_STEPS = 1000;
  private static final int MAX_RUNNING = 64;

  /**
   * Result of one action.
   *
   * @param result {@code done}, {@code failed} or {@code running}
   */
  public record Step(
      long millis,
      String hub,
      String rule,
      String event,
      String correlationId,
      String action,
      String target,
      String result,
      String error) {}

  private final Variables variables;
  private final HubJournal journal;
  private final WebhookSender webhooks;
  private final ReplayHost replays;
  private final InstantSource clock;
  private final Runnable changed;
  private volatile Consumer<HubEvent> watcher = e -> {};
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock lock = new ReentrantLock();
  private final Semaphore running = new Semaphore(MAX_RUNNING);
  private final Deque<Step> steps = new ArrayDeque<>(); // the latest first, guarded by itself

  /**
   * Rules without resources; see {@link #define}.
   *
   * @param changed called after variables have changed
   */
  public HubEngine(
      Variables variables,
      HubJournal journal,
      ReplayHost replays,
      InstantSource clock,
      Runnable changed) {
    this.replays = replays;
    this.variables = variables;
    this.journal = journal;
    this.clock = clock;
    this.changed = changed;
    this.webhooks = new WebhookSender();
  }

  public Variables variables() {
    return variables;
  }

  /** Replaces the resources. */
  public void define(Manifests manifests) {
    variables.define(manifests);
    replays.define(manifests);
    changed.run();
  }

  /**
   * Receives the changes of variables that are on disk, in their order, with the number of changes
   * that led to them. It is called under the lock of the engine: it may neither wait nor call it.
   */
  public void watch(Consumer<HubEvent> receiver) {
    watcher = receiver;
  }

  /** Results, the latest first. */
  public List<Step> steps() {
    synchronized (steps) {
      return List.copyOf(steps);
    }
  }

  /** Identity of a new event. */
  public String newId() {
    return UuidV7.at(clock.millis(), random).toString();
  }

  /** Actions of a rule that are left. */
  private record Rest(Hub hub, HubRule rule, int from, HubEvent event) {}

  /** Changes of one message, before they are visible. */
  private final class PendingChanges {
    final Variables.Change change = variables.change();
    final List<HubJournal.Entry> entries = new ArrayList<>();
    final List<Step> results = new ArrayList<>();
    final List<Rest> rests = new ArrayList<>();
    final Deque<HubEvent> events = new ArrayDeque<>();
    final List<HubEvent> seen = new ArrayList<>(); // changes of variables
    final List<Runnable> afterwards = new ArrayList<>(); // changes of replays

    void handle(HubEvent first) {
      events.add(first);
      while (!events.isEmpty()) {
        handleOne(events.removeFirst());
      }
    }

    private void handleOne(HubEvent e) {
      if (e.subject().ofVariable()) {
        seen.add(e);
      }
      Hub hub = variables.now().manifests().hub(e.hub());
      if (hub == null) {
        return;
      }
      if (e.depth() > HOP_LIMIT) {
        LOG.log(
            Level.WARNING,
            "Event ignored, too many events led to it hub={0} event={1} limit={2}",
            e.hub(),
            e.name(),
            HOP_LIMIT);
        return;
      }
      for (HubRule r : hub.rules()) {
        if (e.matches(r.trigger())) {
          run(new Rest(hub, r, 0, e));
        }
      }
    }

    /** Runs actions up to the first webhook. */
    void run(Rest r) {
      for (int i = r.from; i < r.rule.actions().size(); i++) {
        HubAction a = r.rule.actions().get(i);
        if (a instanceof HubAction.CallWebhook) {
          rests.add(new Rest(r.hub, r.rule, i, r.event));
          return;
        }
        String error = "";
        try {
          apply(r, a);
        } catch (IllegalArgumentException e) {
          error = String.valueOf(e.getMessage());
        }
        results.add(step(r, a, error.isEmpty() ? "done" : "failed", error));
        if (!error.isEmpty()) {
          entries.add(handled(r, false));
          return;
        }
      }
      entries.add(handled(r, true));
    }

    /** Sets a variable; returns its values before and after, for the journal. */
    HubJournal.Change set(Hub hub, HubVariable v, Value next) {
      String before = text(change.value(hub, v));
      change.set(hub, v, next);
      return new HubJournal.Change(before, text(next));
    }

    private void apply(Rest r, HubAction a) {
      Interpolation texts = Interpolation.of(r.event);
      switch (a) {
        case HubAction.SetVariable s -> {
          HubVariable v = defined(r.hub, s.scalar());
          Value next = v.type().readText(texts.required(s.value()));
          HubJournal.Change values = set(r.hub, v, next);
          note(r, v, "set", "Set " + v.type().word() + " value", text(next), values);
        }
        case HubAction.ChangeSet s -> {
          HubVariable v = defined(r.hub, s.set());
          String element = texts.required(s.value());
          HubJournal.Change values =
              set(r.hub, v, Variables.with(change.value(r.hub, v), element, s.add()));
          note(
              r,
              v,
              s.add() ? "added" : "removed",
              s.add() ? "Add element to set" : "Remove element from set",
              element,
              values);
        }
        case HubAction.ChangeMap m -> {
          HubVariable v = defined(r.hub, m.map());
          String key = texts.required(m.key());
          String value = m.add() ? texts.required(m.value()) : null;
          HubJournal.Change values =
              set(r.hub, v, Variables.with(change.value(r.hub, v), key, value));
          note(
              r,
              v,
              m.add() ? "set" : "removed",
              m.add() ? "Set map entry" : "Remove map entry",
              value == null ? key : value,
              values);
        }
        case HubAction.DeployReplay d -> {
          ReplayRequest q = ReplayRequest.of(r.hub, d.spec(), r.event);
          replays.check(q);
          note(r, "Deploy replay", q.name());
          afterwards.add(() -> replays.start(q));
        }
        case HubAction.CleanUpReplay c -> {
          String name = ReplayRequest.ended(r.event);
          note(r, "Clean up replay", name);
          afterwards.add(() -> replays.end(name));
        }
        case HubAction.CallWebhook w -> throw new IllegalStateException("webhooks are sent apart");
      }
    }

    private void note(Rest r, String operation, String replay) {
      entries.add(
          new HubJournal.Entry(
              "automation:" + r.rule.name(),
              "replay",
              r.hub.meta().name() + "/" + replay,
              fields(
                  "timestamp", Instant.ofEpochMilli(clock.millis()).toString(),
                  "hub_name", r.hub.meta().name(),
                  "event_id", r.event.id(),
                  "operation", operation,
                  "target", replay,
                  "correlation_id", r.event.correlationId(),
                  "recursion_depth", Integer.toString(r.event.depth())),
              null));
    }

    private void note(
        Rest r,
        HubVariable v,
        String change,
        String operation,
        String data,
        HubJournal.Change values) {
      entries.add(
          new HubJournal.Entry(
              "automation:" + r.rule.name(),
              "variable",
              r.hub.meta().name() + "/" + v.key(),
              fields(
                  "timestamp", Instant.ofEpochMilli(clock.millis()).toString(),
                  "hub_name", r.hub.meta().name(),
                  "event_id", r.event.id(),
                  "operation", operation,
                  "target", v.key(),
                  "variable_ref", data,
                  "variable", data,
                  "correlation_id", r.event.correlationId(),
                  "recursion_depth", Integer.toString(r.event.depth())),
              values));
      events.add(
          variableEvent(
              r.hub,
              v,
              change,
              JsonMapper.shared().valueToTree(data),
              HubEvent.OF_ACTIONS,
              r.event.correlationId(),
              r.event.depth() + 1));
    }
  }

  private static String text(Value v) {
    return Variables.text(v, null);
  }

  private static HubVariable defined(Hub hub, String key) {
    HubVariable v = hub.variable(key);
    if (v == null) {
      throw new IllegalArgumentException("hub " + hub.meta().name() + " has no variable " + key);
    }
    return v;
  }

  private static Map<String, String> fields(String... namesAndValues) {
    Map<String, String> out = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!namesAndValues[i + 1].isEmpty()) {
        out.put(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return out;
  }

  private HubEvent variableEvent(
      Hub hub,
      HubVariable v,
      String change,
      JsonNode data,
      String source,
      String correlationId,
      int depth) {
    ObjectNode payload = JsonMapper.shared().createObjectNode();
    payload.put("variableRef", v.key()).put("dataType", v.type().word());
    payload.put("operation", change).set("data", data);
    return new HubEvent(
        newId(),
        "var." + change,
        Instant.ofEpochMilli(clock.millis()).toString(),
        payload.toString(),
        source,
        "",
        correlationId,
        hub.meta().name(),
        depth,
        new Subject(true, v.key(), change));
  }

  private static Map<String, String> fields(HubEvent e) {
    return fields(
        "id", e.id(),
        "name", e.name(),
        "timestamp", e.timestamp(),
        "payload", e.payload(),
        "source", e.source(),
        "source_id", e.sourceId(),
        "correlation_id", e.correlationId(),
        "hub_name", e.hub());
  }

  private static HubJournal.Entry published(
      String actor, HubEvent e, HubJournal.@Nullable Change values) {
    Map<String, String> fields = fields(e);
    fields.put("publish_success", "true");
    return new HubJournal.Entry(actor, "event", e.hub() + "/" + e.name(), fields, values);
  }

  private static HubJournal.Entry handled(Rest r, boolean success) {
    Map<String, String> fields = fields(r.event);
    fields.put("automation_name", r.rule.name());
    fields.put("automation_succeeded", Boolean.toString(success));
    return new HubJournal.Entry(
        "automation:" + r.rule.name(),
        success ? "rule" : "rule_failed",
        r.hub.meta().name() + "/" + r.rule.name(),
        fields,
        null);
  }

  private Step step(Rest r, HubAction a, String result, String error) {
    return new Step(
        clock.millis(),
        r.hub.meta().name(),
        r.rule.name(),
        r.event.name(),
        r.event.correlationId(),
        a.type(),
        a.target(),
        result,
        error);
  }

  private void keep(List<Step> results) {
    synchronized (steps) {
      for (Step s : results) {
        if (steps.size() == MAX_STEPS) {
          steps.removeLast();
        }
        steps.addFirst(s);
        if (s.result.equals("failed")) {
          LOG.log(
              Level.WARNING,
              "Action of a hub failed hub={0} rule={1} action={2} target={3} error=\"{4}\"",
              s.hub,
              s.rule,
              s.action,
              s.target,
              s.error);
        }
      }
    }
  }

  /**
   * Applies the rules to an event.
   *
   * @param actor user or system that sent it
   * @return results of the actions; webhooks and the actions after them are {@code running}
   * @throws IOException if a change is not on disk; nothing has changed then
   */
  public List<Step> handle(String actor, HubEvent event) throws IOException {
    lock.lock();
    PendingChanges w;
    try {
      w = new PendingChanges();
      w.entries.add(published(actor, event, null));
      w.handle(event);
      finish(w);
    } finally {
      lock.unlock();
    }
    return w.results;
  }

  private void finish(PendingChanges w) throws IOException {
    journal.add(w.entries);
    boolean visible = variables.commit(w.change);
    w.seen.forEach(watcher);
    List<Rest> started = new ArrayList<>();
    for (Rest r : w.rests) {
      HubAction a = r.rule.actions().get(r.from);
      if (running.tryAcquire()) {
        w.results.add(step(r, a, "running", ""));
        started.add(r);
      } else {
        w.results.add(step(r, a, "failed", MAX_RUNNING + " webhooks are running, the limit"));
      }
    }
    w.afterwards.forEach(Runnable::run);
    keep(w.results); // before the results of the webhooks
    for (Rest r : started) {
      Thread.ofVirtual().name("hub-webhook").start(() -> send(r));
    }
    if (visible) {
      changed.run();
    }
  }

  /** Sends the first webhook, then runs the actions after it. */
  private void send(Rest r) {
    try {
      HubAction.CallWebhook call = (HubAction.CallWebhook) r.rule.actions().get(r.from);
      String error = "";
      try {
        webhooks.send(variables.now().manifests(), r.hub, call, r.event);
      } catch (IOException | IllegalArgumentException e) {
        error = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        error = "interrupted";
      }
      keep(List.of(step(r, call, error.isEmpty() ? "done" : "failed", error)));
      lock.lock();
      try {
        PendingChanges w = new PendingChanges();
        if (error.isEmpty()) {
          w.run(new Rest(r.hub, r.rule, r.from + 1, r.event));
          while (!w.events.isEmpty()) {
            w.handle(w.events.removeFirst());
          }
        } else {
          w.entries.add(handled(r, false));
        }
        finish(w);
      } catch (IOException e) {
        LOG.log(Level.ERROR, "Actions after a webhook not applied rule=" + r.rule.name(), e);
      } finally {
        lock.unlock();
      }
    } finally {
      running.release();
    }
  }

  /**
   * Changes a variable for a user.
   *
   * @param data value, or entries of a set or map; for the removal from a map a list of keys
   * @return the event, as MDAI publishes it
   * @throws IllegalArgumentException where the data are not of its type
   * @throws IOException when the change is not on disk
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
      PendingChanges w = new PendingChanges();
      Value before = w.change.value(hub, v);
      Value next = add ? added(v, before, data) : removed(v, before, data);
      String operation = add ? "add" : "remove";
      HubEvent request =
          variableEvent(
              hub, v, operation, data, HubEvent.OF_USERS, clock.millis() + "-" + v.key(), depth);
      w.entries.add(published(actor, request, w.set(hub, v, next)));
      String change = v.type().isScalar() ? "set" : add ? "added" : "removed";
      if (v.type() == DataType.MAP && add) {
        change = "set";
      }
      w.handle(
          variableEvent(hub, v, change, data, HubEvent.OF_ACTIONS, request.correlationId(), depth));
      finish(w);
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
      PendingChanges w = new PendingChanges();
      HubEvent event =
          variableEvent(
              hub,
              v,
              "set",
              JsonMapper.shared().valueToTree(text),
              HubEvent.OF_REPLAYS,
              clock.millis() + "-" + replay,
              0);
      w.entries.add(published("replay:" + replay, event, w.set(hub, v, Value.of(text))));
      w.handle(event);
      finish(w);
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
