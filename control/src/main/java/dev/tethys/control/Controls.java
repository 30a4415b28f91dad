package dev.tethys.control;

import dev.tethys.config.Durations;
import dev.tethys.control.Rollouts.ConflictException;
import dev.tethys.control.Rollouts.NotFoundException;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Live controls of the fleet. An active control is offered to all agents that its selector matches,
 * also to those that connect later, and ends at its time. Everything is guarded by this; state is
 * on disk before a change takes effect.
 */
final class Controls {
  /** Longest time of a control. */
  static final Duration LONGEST = Duration.ofDays(30);

  /** Ended controls that are kept. */
  private static final int MAX_KEPT = 200;

  private static final System.Logger LOG = JulLogger.of(Controls.class.getName());

  /**
   * Controls of an agent.
   *
   * @param text "" for none
   * @param hash SHA-256 in hexadecimal; "" for none
   */
  record Document(String text, String hash) {
    static final Document NONE = new Document("", "");
  }

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Scheduler clock;
  private final Fleet fleet;
  private final AuditLog audit;
  private final ControlState file;
  private final Map<String, LiveControl> controls = new LinkedHashMap<>(); // the latest last
  private final Map<List<String>, Document> documents = new HashMap<>(); // by ids, until a change
  private List<LiveControl> active = List.of();
  private long nextId = 1;

  Controls(Scheduler clock, Fleet fleet, AuditLog audit, ControlState file) throws IOException {
    this.clock = clock;
    this.fleet = fleet;
    this.audit = audit;
    this.file = file;
    ControlState.Loaded loaded = file.load();
    loaded.controls().forEach(c -> controls.put(c.control().id(), c));
    nextId = loaded.nextId();
    changed();
  }

  private void changed() {
    active = controls.values().stream().filter(LiveControl::isActive).toList();
    documents.clear();
  }

  /**
   * Starts a control.
   *
   * @param draft valid; its id may be empty
   * @throws ConflictException when the id is in use, or the limit is reached
   */
  synchronized LiveControl start(
      Control draft, Selector selector, Duration duration, String author, String reason)
      throws IOException {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "duration must be more than 0s and at most 30d, not " + duration);
    }
    if (active.size() >= ControlDocument.MAX_CONTROLS) {
      throw new ConflictException("there are " + active.size() + " active controls, the limit");
    }
    String id = draft.id();
    LiveControl before = controls.get(id);
    if (before != null && before.isActive()) {
      throw new ConflictException("control " + id + " is active; end it first");
    }
    while (id.isEmpty() || draft.id().isEmpty() && controls.containsKey(id)) {
      id = "c" + nextId++;
    }
    String owner = draft.owner().isEmpty() ? author : draft.owner();
    long now = clock.millis();
    LiveControl c =
        new LiveControl(
            draft.with(id, owner, reason, now + duration.toMillis()), selector, now, 0, "", "");
    audit.append(author, "control.start", "control/" + id, reason, Map.of(), state(c));
    controls.remove(id);
    controls.put(id, c);
    forgetOld();
    changed();
    try {
      save();
    } catch (IOException e) {
      controls.remove(id);
      if (before != null) {
        controls.put(id, before);
      }
      changed();
      throw e;
    }
    LOG.log(
        Level.INFO,
        "Control started id={0} action={1} selector=\"{2}\" author=\"{3}\"",
        id,
        c.control().action().word(),
        selector,
        author);
    fleet.wakeAll();
    return c;
  }

  /** Starts the control of a request; parameters as for the other. */
  LiveControl start(ControlRequest r, String author) throws IOException {
    return start(
        r.control(), r.selector(), Durations.parse(r.duration()), author, r.control().reason());
  }

  private static Map<String, String> state(LiveControl c) {
    Map<String, String> m = new TreeMap<>();
    m.put("action", c.control().action().word());
    m.put("control", ControlDocument.write(List.of(c.control())));
    m.put("selector", c.selector().toString());
    m.put("end", Instant.ofEpochMilli(c.control().endMillis()).toString());
    return m;
  }

  /**
   * Ends an active control.
   *
   * @throws NotFoundException when there is none with the id
   * @throws ConflictException when it has ended
   */
  synchronized LiveControl end(String id, String actor, String reason) throws IOException {
    LiveControl c = get(id);
    if (!c.isActive()) {
      throw new ConflictException("control " + id + " has ended, by " + c.endedBy());
    }
    LiveControl ended = c.ended(clock.millis(), actor, reason);
    audit.append(actor, "control.end", "control/" + id, reason, state(c), Map.of("state", "ended"));
    replace(ended);
    try {
      save();
    } catch (IOException e) {
      replace(c);
      throw e;
    }
    LOG.log(Level.INFO, "Control ended id={0} by=\"{1}\" reason=\"{2}\"", id, actor, reason);
    fleet.wakeAll();
    return ended;
  }

  private void replace(LiveControl c) {
    controls.put(c.control().id(), c);
    changed();
  }

  /** Ends the controls whose time has passed. */
  synchronized void step() {
    for (LiveControl c : active) {
      if (c.control().endMillis() <= clock.millis()) {
        try {
          end(c.control().id(), "clock", "end time");
        } catch (IOException e) { // the next step tries again; agents ended it by themselves
          failures.failure(Level.ERROR, "Control not ended", "control " + c.control().id(), e);
        }
      }
    }
  }

  private void forgetOld() {
    int ended = controls.size() - active.size();
    var all = controls.values().iterator();
    while (ended > MAX_KEPT && all.hasNext()) {
      if (!all.next().isActive()) {
        all.remove();
        ended--;
      }
    }
  }

  synchronized LiveControl get(String id) {
    LiveControl c = controls.get(id);
    if (c == null) {
      throw new NotFoundException("there is no control " + Texts.shortened(id, 80));
    }
    return c;
  }

  /** An active control; null where there is none. */
  synchronized @Nullable LiveControl active(String id) {
    LiveControl c = controls.get(id);
    return c == null || !c.isActive() ? null : c;
  }

  /** All that are kept, the latest first. */
  synchronized List<LiveControl> list() {
    return new ArrayList<>(controls.values()).reversed();
  }

  /** Active controls for an agent. */
  synchronized Document document(AgentState a) {
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

  private void save() throws IOException {
    file.save(nextId, List.copyOf(controls.values()));
  }
}
