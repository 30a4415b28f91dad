package dev.tethys.pipeline.processor.control;

import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.privacy.Detector;
import dev.tethys.pipeline.web.Json;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Rule that drops or edits items at the entry of pipelines until an end time.
 *
 * @param signals never empty
 * @param attributes resource attributes, all of which must be equal; empty for any
 * @param condition OTTL condition; "" for any item
 * @param pipeline such as {@code logs/edge}; "" for all, at the place where items enter the graph
 * @param share share of items that {@code sample} keeps, between 0 and 1
 * @param keepErrors whether {@code sample} keeps spans and log records of errors
 * @param keepSlowMillis duration from which {@code sample} keeps all spans; 0 if none
 * @param keepRare spans of each service and name, and log records of each service and body without
 *     its digits, that {@code sample} keeps in a minute before it samples them; 0 if none
 * @param detectors detectors used by {@code redact}; empty for other actions
 * @param rate items per second that {@code rate_limit} keeps
 * @param target pipeline to which {@code route} moves items, and {@code quota} the excess; "" for
 *     none
 * @param quota quota rule of the action {@code quota}; null for other actions
 * @param observe whether items are only counted
 * @param startMillis Unix milliseconds at which the control plane started it; distinguishes a
 *     control from an earlier one with the same id; 0 until it is started
 * @param endMillis Unix milliseconds, by the clock of the control plane
 */
public record Control(
    String id,
    ControlAction action,
    Set<Signal> signals,
    Map<String, String> attributes,
    String condition,
    String pipeline,
    double share,
    boolean keepErrors,
    long keepSlowMillis,
    long keepRare,
    Set<Detector> detectors,
    long rate,
    String target,
    @Nullable QuotaRule quota,
    boolean observe,
    String owner,
    String reason,
    long startMillis,
    long endMillis) {
  /** Id under which the counts of removed controls are kept. */
  static final String ENDED = "ended";

  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
  private static final int MAX_ATTRIBUTES = 16;
  private static final int MAX_CONDITION = 4096;
  private static final int MAX_TEXT = 1024;
  private static final double MIN_SHARE = 1e-6;
  private static final long MAX_RARE = 1_000_000;
  private static final long MAX_RATE = 1_000_000_000;

  /** Keys of a control; others may {@linkplain Section#include include} them. */
  public static final Section SECTION =
      new Section("control", "Rule that drops items at the entry of pipelines until an end time.");

  private static final Key<String> ID_KEY =
      SECTION.key(
          "id", Type.STRING, "", "Identifier of the control, part of drop reasons and metrics.");
  private static final Key<ControlAction> ACTION =
      SECTION.required(
          "action",
          Type.lowerCase("action", ControlAction.class),
          "Action on matching items: mute, filter, sample, rate_limit, redact, quota or route.");
  private static final Key<List<Signal>> SIGNALS =
      SECTION.key(
          "signals",
          Type.list(Type.lowerCase("signal", Signal.class)),
          List.of(),
          "Signals: traces, metrics, logs, profiles; by default all that the "
              + "action supports.");
  private static final Key<Map<String, String>> ATTRIBUTES =
      SECTION.key(
          "attributes",
          Type.map(Type.STRING),
          Map.of(),
          "Resource attributes, such as service.name, and the values that they " + "must have.");
  private static final Key<String> CONDITION =
      SECTION.key("condition", Type.STRING, "", "OTTL condition of the items.");
  private static final Key<String> PIPELINE =
      SECTION.key("pipeline", Type.STRING, "", "Name of a pipeline, such as logs/edge.");
  private static final Key<Double> SHARE =
      SECTION.key(
          "share", Type.FLOAT, 0.0, "Share that sample keeps, from 0.000001 to less than 1.");
  private static final Key<Boolean> KEEP_ERRORS =
      SECTION.key("keepErrors", Type.BOOL, false, "If true, sample keeps all errors.");
  private static final Key<String> KEEP_SLOW =
      SECTION.key(
          "keepSlow",
          Type.STRING,
          "",
          "Minimum duration of spans that sample always keeps, such as 500ms.");
  private static final Key<Long> KEEP_RARE =
      SECTION.key(
          "keepRare",
          Type.INT,
          0L,
          "Minimum number of items of each kind that sample keeps in a minute.");
  private static final Key<List<Detector>> DETECTORS =
      SECTION.key(
          "detectors",
          Type.list(Type.lowerCase("detector", Detector.class)),
          List.of(),
          "Detectors of the values that redact masks: card, iban, email, phone, "
              + "ip, token, key; all by default.");
  private static final Key<Long> RATE =
      SECTION.key("rate", Type.INT, 0L, "Items per second that rate_limit passes.");
  private static final Key<String> TARGET =
      SECTION.key(
          "target",
          Type.STRING,
          "",
          "Pipeline, such as logs/archive, to which route moves items and quota the excess.");
  private static final Key<QuotaRule> QUOTA =
      SECTION.optional("quota", QuotaRule.TYPE, "Quota of the action of this name.");
  private static final Key<Boolean> OBSERVE =
      SECTION.key(
          "observe", Type.BOOL, false, "If true, matching items are counted but not changed.");
  private static final Key<String> OWNER =
      SECTION.key("owner", Type.STRING, "", "Owner of the control.");
  private static final Key<String> REASON =
      SECTION.key("reason", Type.STRING, "", "Reason for the control.");
  private static final Key<Long> END =
      SECTION.key("endMillis", Type.INT, 0L, "End time in Unix milliseconds.");

  /** Keys of a control in a document; only the control plane sets the start. */
  static final Section IN_DOCUMENT =
      new Section("control", "Control of a document.").include(SECTION);

  private static final Key<Long> START =
      IN_DOCUMENT.key("startMillis", Type.INT, 0L, "Start time in Unix milliseconds.");

  public Control {
    signals = Collections.unmodifiableSet(EnumSet.copyOf(signals));
    detectors = Collections.unmodifiableSet(new TreeSet<>(detectors));
    attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
  }

  /**
   * Reads a control; its id, owner and end may be missing.
   *
   * @throws dev.tethys.config.ConfigException if a value is invalid
   */
  public static Control read(YamlObject o) {
    ControlAction action = o.get(ACTION);
    String condition = o.get(CONDITION);
    Map<String, String> attributes = o.get(ATTRIBUTES);
    String pipeline = o.get(PIPELINE);
    if (condition.length() > MAX_CONDITION) {
      throw o.error(CONDITION, "has " + condition.length() + " characters; at most 4096");
    }
    if (attributes.size() > MAX_ATTRIBUTES) {
      throw o.error(ATTRIBUTES, "has " + attributes.size() + " entries; at most 16");
    }
    if (action == ControlAction.FILTER && condition.isEmpty()) {
      throw o.error("filter requires a condition");
    }
    if (attributes.isEmpty() && condition.isEmpty() && pipeline.isEmpty()) {
      throw o.error(
          "the scope is unrestricted; set at least one of attributes, condition and pipeline");
    }
    Control c =
        new Control(
            o.get(ID_KEY),
            action,
            signals(o, action, condition, pipeline.isEmpty() ? target(o, action) : pipeline),
            attributes,
            condition,
            pipeline,
            o.get(SHARE),
            o.get(KEEP_ERRORS),
            keepSlow(o),
            o.get(KEEP_RARE),
            detectors(o, action),
            o.get(RATE),
            target(o, action),
            o.find(QUOTA),
            o.get(OBSERVE),
            shortened(o.get(OWNER)),
            shortened(o.get(REASON)),
            0,
            o.get(END));
    c.checkSettings(o);
    return c;
  }

  /**
   * Reads a control of a document.
   *
   * @param o object with the keys of {@link #IN_DOCUMENT}
   * @throws dev.tethys.config.ConfigException if a value is invalid
   */
  static Control readStarted(YamlObject o) {
    return read(o).startedAt(o.get(START));
  }

  private static long keepSlow(YamlObject o) {
    String text = o.get(KEEP_SLOW);
    if (text.isEmpty()) {
      return 0;
    }
    try {
      long millis = Durations.parse(text).toMillis();
      if (millis > 0) {
        return millis;
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw o.error(KEEP_SLOW, "must be a duration of 1ms or more, such as 500ms, not " + text);
  }

  private static Set<Detector> detectors(YamlObject o, ControlAction action) {
    Set<Detector> all = EnumSet.noneOf(Detector.class);
    all.addAll(o.get(DETECTORS));
    if (action != ControlAction.REDACT && !all.isEmpty()) {
      throw o.error(DETECTORS, "is a setting of redact, not of " + action.word());
    }
    return action == ControlAction.REDACT && all.isEmpty() ? EnumSet.allOf(Detector.class) : all;
  }

  private static Set<Signal> signals(
      YamlObject o, ControlAction action, String condition, String pipeline) {
    Set<Signal> supported =
        switch (action) {
          case MUTE, FILTER -> EnumSet.allOf(Signal.class);
          case SAMPLE -> EnumSet.of(Signal.TRACES, Signal.LOGS);
          case RATE_LIMIT, REDACT, QUOTA, ROUTE ->
              EnumSet.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);
        };
    Set<Signal> signals = EnumSet.noneOf(Signal.class);
    signals.addAll(o.get(SIGNALS));
    for (Signal s : signals) {
      if (!supported.contains(s)) {
        throw o.error(SIGNALS, action.word() + " does not support " + word(s));
      }
    }
    if (!pipeline.isEmpty()) {
      Signal of = pipeline(o, pipeline).signal();
      if (!signals.isEmpty() && !signals.equals(EnumSet.of(of))) {
        throw o.error(
            PIPELINE, "is a pipeline of " + word(of) + "; signals must list only that " + "signal");
      }
      if (!supported.contains(of)) {
        throw o.error(PIPELINE, "is of " + word(of) + ", which " + action.word() + " refuses");
      }
      return EnumSet.of(of);
    }
    if (signals.isEmpty() && !condition.isEmpty()) {
      throw o.error("a condition requires signals or a pipeline");
    }
    return signals.isEmpty() ? supported : signals;
  }

  private static PipelineId pipeline(YamlObject o, String text) {
    return pipeline(o, PIPELINE, text);
  }

  private static PipelineId pipeline(YamlObject o, Key<String> key, String text) {
    try {
      return PipelineId.parse(text);
    } catch (IllegalArgumentException e) {
      throw o.error(key, String.valueOf(e.getMessage()));
    }
  }

  private static String target(YamlObject o, ControlAction action) {
    String text = o.get(TARGET);
    if (text.isEmpty()) {
      if (action == ControlAction.ROUTE) {
        throw o.error("route requires a target");
      }
      return "";
    }
    if (action != ControlAction.ROUTE && action != ControlAction.QUOTA) {
      throw o.error(TARGET, "is a setting of route and quota, not of " + action.word());
    }
    return pipeline(o, TARGET, text).toString();
  }

  private void checkTarget(YamlObject o) {
    if (target.isEmpty()) {
      return;
    }
    Signal of = PipelineId.parse(target).signal();
    if (!signals.equals(EnumSet.of(of))) {
      throw o.error(
          TARGET, "is a pipeline of " + word(of) + "; signals must list only that " + "signal");
    }
    if (target.equals(pipeline)) {
      throw o.error(TARGET, "must be another pipeline than " + pipeline);
    }
  }

  private void checkSettings(YamlObject o) {
    boolean samples = action == ControlAction.SAMPLE;
    if (samples && !(share >= MIN_SHARE && share < 1)) {
      throw o.error(SHARE, "must be from 0.000001 to less than 1; mute drops all");
    }
    if (!samples && (o.has(SHARE) || keepErrors || keepSlowMillis > 0 || keepRare != 0)) {
      throw o.error(
          "share, keepErrors, keepSlow and keepRare are settings of sample, not of "
              + action.word());
    }
    if (keepRare < 0 || keepRare > MAX_RARE) {
      throw o.error(KEEP_RARE, "must be from 0 to " + MAX_RARE);
    }
    if (keepSlowMillis > 0 && !signals.contains(Signal.TRACES)) {
      throw o.error(KEEP_SLOW, "requires traces among the signals");
    }
    checkTarget(o);
    if ((quota != null) != (action == ControlAction.QUOTA)) {
      throw o.error("the action quota, and no other, requires the member quota");
    }
    boolean limits = action == ControlAction.RATE_LIMIT;
    if (limits && (rate < 1 || rate > MAX_RATE)) {
      throw o.error(RATE, "must be from 1 to " + MAX_RATE + " items a second");
    }
    if (!limits && o.has(RATE)) {
      throw o.error(RATE, "is a setting of rate_limit, not of " + action.word());
    }
    if (!id.isEmpty() && (!ID.matcher(id).matches() || id.equals(ENDED))) {
      throw o.error(
          ID_KEY,
          "must have 1 to 63 characters of a-z, 0-9, '.', '_' and '-', the first a letter or digit,"
              + " and not be \"ended\"");
    }
  }

  /** Checks that the control can run: it has an id and an end. */
  void checkComplete(YamlObject o) {
    if (id.isEmpty()) {
      throw o.error(ID_KEY, "is missing");
    }
    if (endMillis <= 0) {
      throw o.error(END, "is missing");
    }
  }

  /** Returns the control with the fields assigned by its control plane. */
  public Control with(String newId, String newOwner, String newReason, long newEndMillis) {
    return new Control(
        newId,
        action,
        signals,
        attributes,
        condition,
        pipeline,
        share,
        keepErrors,
        keepSlowMillis,
        keepRare,
        detectors,
        rate,
        target,
        quota,
        observe,
        shortened(newOwner),
        shortened(newReason),
        startMillis,
        newEndMillis);
  }

  /** Returns the control with its quota divided among agents; unchanged without a quota. */
  public Control among(int agents) {
    return quota == null
        ? this
        : new Control(
            id,
            action,
            signals,
            attributes,
            condition,
            pipeline,
            share,
            keepErrors,
            keepSlowMillis,
            keepRare,
            detectors,
            rate,
            target,
            quota.among(agents),
            observe,
            owner,
            reason,
            startMillis,
            endMillis);
  }

  /** Returns the control without an end. */
  Control withoutEnd() {
    return with(id, owner, reason, 0);
  }

  /** Returns the control in observe mode. */
  public Control observing() {
    return new Control(
        id,
        action,
        signals,
        attributes,
        condition,
        pipeline,
        share,
        keepErrors,
        keepSlowMillis,
        keepRare,
        detectors,
        rate,
        target,
        quota,
        true,
        owner,
        reason,
        startMillis,
        endMillis);
  }

  /** Returns the control with a start time. */
  public Control startedAt(long millis) {
    return new Control(
        id,
        action,
        signals,
        attributes,
        condition,
        pipeline,
        share,
        keepErrors,
        keepSlowMillis,
        keepRare,
        detectors,
        rate,
        target,
        quota,
        observe,
        owner,
        reason,
        millis,
        endMillis);
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  /** Returns the control as a JSON object. */
  public String json() {
    Json j = new Json().open('{');
    j.key("id").text(id).key("action").text(action.word()).key("signals").open('[');
    signals.forEach(s -> j.text(word(s)));
    j.close(']');
    if (!attributes.isEmpty()) {
      j.key("attributes").open('{');
      attributes.forEach((k, v) -> j.key(k).text(v));
      j.close('}');
    }
    text(j, "condition", condition);
    text(j, "pipeline", pipeline);
    if (action == ControlAction.SAMPLE) {
      j.key("share").raw(Double.toString(share));
      j.key("keepErrors").raw(Boolean.toString(keepErrors));
      if (keepSlowMillis > 0) {
        j.key("keepSlow").text(keepSlowMillis + "ms");
      }
      if (keepRare > 0) {
        j.key("keepRare").number(keepRare);
      }
    }
    if (action == ControlAction.REDACT) {
      j.key("detectors").open('[');
      detectors.forEach(d -> j.text(d.word()));
      j.close(']');
    }
    if (action == ControlAction.RATE_LIMIT) {
      j.key("rate").number(rate);
    }
    text(j, "target", target);
    if (quota != null) {
      j.key("quota");
      quota.write(j);
    }
    if (observe) {
      j.key("observe").raw("true");
    }
    text(j, "owner", owner);
    text(j, "reason", reason);
    if (startMillis > 0) {
      j.key("startMillis").number(startMillis);
    }
    return j.key("endMillis").number(endMillis).close('}').toString();
  }

  private static void text(Json j, String key, String value) {
    if (!value.isEmpty()) {
      j.key(key).text(value);
    }
  }
}
