package dev.tethys.control.live;

import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.ControlRequest;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.text.Texts;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Live controls of the fleet. An active control is offered to all agents that its selector matches,
 * also to those that connect later, and ends at its time. Readers have a state that never changes;
 * one change at a time makes the next state, writes it to disk and publishes it, so that no reader
 * waits for a disk.
 */
public final class Controls {
  /** Longest time of a control. */
  public static final Duration LONGEST = Duration.ofDays(30);

  /** Maximum number of ended controls retained. */
  private static final int MAX_KEPT = 200;

  private static final System.Logger LOG = JulLogger.of(Controls.class.getName());

  /**
   * Controls delivered to an agent.
   *
   * @param text "" for none
   * @param hash SHA-256 in hexadecimal; "" for none
   */
  public record Document(String text, String hash) {
    public static final Document NONE = new Document("", "");
  }

  /** Controls at one time. */
  public static final class State {
    final long nextId;
    public final Map<String, LiveControl> all; // the latest last
    public final List<LiveControl> active;
    private final Map<List<String>, Document> documents = new ConcurrentHashMap<>(); // by ids

    private State(long nextId, Map<String, LiveControl> all) {
      this.nextId = nextId;
      this.all = Collections.unmodifiableMap(all);
      this.active = all.values().stream().filter(LiveControl::isActive).toList();
    }

    private Document document(AgentState a) {
      if (active.isEmpty()) {
        return Document.NONE;
      }
      List<Control> own = new ArrayList<>();
      List<String> ids = new ArrayList<>();
      for (LiveControl c : active) {
        if (c.selector().matches(a.labels())) {
          own.add(c.control());
          ids.add(c.control().id());
        }
      }
      if (own.isEmpty()) {
        return Document.NONE;
      }
      return documents.computeIfAbsent(
          ids,
          k -> {
            String text = ControlDocument.write(own);
            return new Document(text, Texts.sha256(text));
          });
    }
  }

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Scheduler clock;
  private final Fleet fleet;
  private final AuditLog audit;
  private final ControlState file;
  private volatile State state; // changed under this
  private volatile @Nullable ControlEffects effects;

  public Controls(Scheduler clock, Fleet fleet, AuditLog audit, ControlState file)
      throws IOException {
    this.clock = clock;
    this.fleet = fleet;
    this.audit = audit;
    this.file = file;
    ControlState.Loaded loaded = file.load();
    Map<String, LiveControl> all = new LinkedHashMap<>();
    loaded.controls().forEach(c -> all.put(c.control().id(), c));
    state = new State(loaded.nextId(), all);
  }

  /** Sets the recorder of the throughput before and with each control. */
  public void watch(ControlEffects e) {
    effects = e;
  }

  /** Effects are measured apart: a control does not wait for them, nor fail with them. */
  private void measure(String what, java.util.function.Consumer<ControlEffects> measure) {
    ControlEffects e = effects;
    if (e != null) {
      clock.execute(what, () -> measure.accept(e));
    }
  }

  /** Returns the current state. */
  public State state() {
    return state;
  }

  /**
   * Starts a control.
   *
   * @param draft valid; its id may be empty
   * @throws ConflictException if the id is in use, or the limit is reached
   */
  public synchronized LiveControl start(
      Control draft, Selector selector, Duration duration, String author, String reason)
      throws IOException {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "duration must be more than 0s and at most 30d, not "
              + GoDurationText.of(TimeUnit.NANOSECONDS.convert(duration)));
    }
    State now = state;
    if (now.active.size() >= ControlDocument.MAX_CONTROLS) {
      throw new ConflictException("there are " + now.active.size() + " active controls, the limit");
    }
    String id = draft.id();
    LiveControl before = now.all.get(id);
    if (before != null && before.isActive()) {
      throw new ConflictException("control " + id + " is active; end it first");
    }
    long nextId = now.nextId;
    long preview = clock.millis();
    while (id.isEmpty() || draft.id().isEmpty() && now.all.containsKey(id)) {
      // A preview takes no number: the first control is c1 also after previews.
      id = draft.observe() ? "preview-" + preview++ : "c" + nextId++;
    }
    String owner = draft.owner().isEmpty() ? author : draft.owner();
    long millis = clock.millis();
    if (before != null) {
      millis =
          Math.max(millis, before.startedMillis() + 1); // counts are distinguished by the start
    }
    LiveControl c =
        new LiveControl(
            divided(draft, selector)
                .with(id, owner, reason, millis + duration.toMillis())
                .startedAt(millis),
            selector,
            author,
            millis,
            0,
            "",
            "");
    audit.append(author, "control.start", "control/" + id, reason, Map.of(), state(c));
    Map<String, LiveControl> all = new LinkedHashMap<>(now.all);
    all.remove(id);
    all.put(id, c);
    forgetOld(all);
    publish(nextId, all);
    LOG.log(
        Level.INFO,
        "Control started id={0} action={1} selector=\"{2}\" author=\"{3}\"",
        id,
        c.control().action().word(),
        selector,
        author);
    fleet.wakeAll();
    if (!c.control().observe()) {
      measure("control-effect", e -> e.begin(c));
    }
    return c;
  }

  /**
   * Starts a control in place of an active one with its id.
   *
   * @param draft valid, with an id
   * @throws ConflictException if the limit is reached
   */
  public synchronized LiveControl put(
      Control draft, Selector selector, long endMillis, String author, String reason)
      throws IOException {
    LiveControl before = active(draft.id());
    if (before == null) {
      return start(draft, selector, Duration.ofMillis(endMillis - clock.millis()), author, reason);
    }
    String owner = draft.owner().isEmpty() ? author : draft.owner();
    // Counts continue, except under another action, by which they are named.
    boolean continues = before.control().action() == draft.action();
    long start =
        continues
            ? before.control().startMillis()
            : Math.max(clock.millis(), before.startedMillis() + 1);
    LiveControl c =
        new LiveControl(
            divided(draft, selector).with(draft.id(), owner, reason, endMillis).startedAt(start),
            selector,
            author,
            continues ? before.startedMillis() : start,
            0,
            "",
            "");
    audit.append(
        author, "control.change", "control/" + draft.id(), reason, state(before), state(c));
    replace(c);
    LOG.log(Level.INFO, "Control changed id={0} author=\"{1}\"", draft.id(), author);
    return c;
  }

  /** Returns a control whose quota is divided among the agents of a selector. */
  private Control divided(Control c, Selector selector) {
    return c.quota() == null ? c : c.among(QuotaShares.rounded(fleet.agents(selector).size()));
  }

  /** Extends an active control whose source determines its end. */
  public synchronized void prolong(String id, long endMillis) throws IOException {
    LiveControl c = active(id);
    if (c != null) {
      Control now = c.control();
      replace(
          new LiveControl(
              now.with(id, now.owner(), now.reason(), endMillis),
              c.selector(),
              c.author(),
              c.startedMillis(),
              0,
              "",
              ""));
    }
  }

  private void replace(LiveControl c) throws IOException {
    Map<String, LiveControl> all = new LinkedHashMap<>(state.all);
    all.put(c.control().id(), c);
    publish(state.nextId, all);
    fleet.wakeAll();
  }

  /** Starts the control of a request; the same parameters as above. */
  public LiveControl start(ControlRequest r, String author) throws IOException {
    return start(r.control(), r.selector(), r.duration(), author, r.control().reason());
  }

  private static Map<String, String> state(LiveControl c) {
    Map<String, String> m = new TreeMap<>();
    m.put("action", c.control().action().word());
    m.put("control", ControlDocument.write(List.of(c.control())));
    m.put("owner", c.control().owner());
    m.put("selector", c.selector().toString());
    m.put("end", Instant.ofEpochMilli(c.control().endMillis()).toString());
    return m;
  }

  /**
   * Ends an active control.
   *
   * @throws NotFoundException if there is none with the id
   * @throws ConflictException if it has ended
   */
  public synchronized LiveControl end(String id, String actor, String reason) throws IOException {
    LiveControl c = get(id);
    if (!c.isActive()) {
      throw new ConflictException("control " + id + " has ended, by " + c.endedBy());
    }
    LiveControl ended = c.ended(clock.millis(), actor, reason);
    audit.append(actor, "control.end", "control/" + id, reason, state(c), Map.of("state", "ended"));
    Map<String, LiveControl> all = new LinkedHashMap<>(state.all);
    if (c.control().observe()) {
      all.remove(id); // a preview is no control of the list
    } else {
      all.put(id, ended);
    }
    publish(state.nextId, all);
    if (!c.control().observe()) {
      measure("control-effect", e -> e.end(c));
    }
    LOG.log(Level.INFO, "Control ended id={0} by=\"{1}\" reason=\"{2}\"", id, actor, reason);
    fleet.wakeAll();
    return ended;
  }

  private void publish(long nextId, Map<String, LiveControl> all) throws IOException {
    State next = new State(nextId, all);
    file.save(nextId, List.copyOf(all.values()));
    state = next;
  }

  /** Ends the controls whose time has passed. */
  public void step() {
    for (LiveControl c : state.active) {
      if (c.control().endMillis() <= clock.millis()) {
        try {
          end(c.control().id(), "clock", "end time");
        } catch (ConflictException | NotFoundException e) {
          LOG.log(Level.DEBUG, "Control has already ended", e);
        } catch (IOException e) { // the next step tries again; agents ended it by themselves
          failures.failure(Level.ERROR, "Control not ended", "control " + c.control().id(), e);
        }
      }
    }
  }

  private static void forgetOld(Map<String, LiveControl> all) {
    long ended = all.values().stream().filter(c -> !c.isActive()).count();
    var each = all.values().iterator();
    while (ended > MAX_KEPT && each.hasNext()) {
      if (!each.next().isActive()) {
        each.remove();
        ended--;
      }
    }
  }

  public LiveControl get(String id) {
    LiveControl c = state.all.get(id);
    if (c == null) {
      throw new NotFoundException("unknown control " + Texts.shortened(id, 80));
    }
    return c;
  }

  /** Returns an active control; null if there is none. */
  public @Nullable LiveControl active(String id) {
    LiveControl c = state.all.get(id);
    return c == null || !c.isActive() ? null : c;
  }

  /** Returns the active controls for an agent. */
  public Document document(AgentState a) {
    return state.document(a);
  }
}
