package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.control.access.Selector;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.ReplaySpec;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.Packages;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Rule action other than the start and end of live controls. */
sealed interface RuleAction {
  /** Returns the name of the action in results. */
  String word();

  /** Returns the target of the action in results. */
  String target();

  /** Whether it sends a request, whose response arrives later. */
  default boolean isRequest() {
    return false;
  }

  /**
   * Alert for the Alertmanagers of {@code --alertmanager.url}, which fires until the trigger ends.
   *
   * @param duration time after which the alert ends if the trigger has not ended
   */
  record Notify(Map<String, String> labels, Map<String, String> annotations, Duration duration)
      implements RuleAction {
    @Override
    public String word() {
      return "notify";
    }

    @Override
    public boolean isRequest() {
      return true;
    }

    @Override
    public String target() {
      return labels.getOrDefault("alertname", "alert");
    }
  }

  /** Request to another program. */
  record Webhook(URI url, String method, Map<String, String> headers, String body)
      implements RuleAction {
    @Override
    public String word() {
      return "webhook";
    }

    @Override
    public boolean isRequest() {
      return true;
    }

    /** Returns the URL without possible secrets. */
    @Override
    public String target() {
      return url.getScheme() + "://" + url.getAuthority().replaceFirst("^.*@", "");
    }
  }

  /**
   * Sets a hub variable.
   *
   * @param after value when the trigger ends; null to keep it
   */
  record SetVariable(String hub, String variable, String value, @Nullable String after)
      implements RuleAction {
    @Override
    public String word() {
      return "set variable";
    }

    @Override
    public String target() {
      return hub + "/" + variable;
    }
  }

  /**
   * Rolls out a configuration version.
   *
   * @param version 0 for the latest
   */
  record RollOut(String configuration, int version, Selector selector, Guard guard)
      implements RuleAction {
    @Override
    public String word() {
      return "roll out";
    }

    @Override
    public String target() {
      return configuration + (version == 0 ? "" : "/" + version);
    }
  }

  /** Replay of objects in S3; its times may be durations before the trigger, such as -30m. */
  record Replay(ReplaySpec spec) implements RuleAction {
    private static final DateTimeFormatter MINUTES =
        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm").withZone(ZoneOffset.UTC);

    @Override
    public String word() {
      return "replay";
    }

    @Override
    public String target() {
      return spec.bucket();
    }

    /**
     * Returns the replay request at a given time.
     *
     * @throws IllegalArgumentException if a time is invalid
     */
    ReplayRequest request(String name, Instant now) {
      return new ReplayRequest(
          name,
          "",
          new ReplaySpec(
              "",
              "",
              time(spec.start(), now),
              time(spec.end(), now),
              spec.telemetry(),
              spec.region(),
              spec.bucket(),
              spec.prefix(),
              spec.path(),
              spec.partition(),
              spec.destination(),
              spec.secret()));
    }

    private static String time(String text, Instant now) {
      if (text.equals("now")) {
        return MINUTES.format(now.plusSeconds(59)); // the present minute too
      }
      try {
        return MINUTES.format(
            text.startsWith("-")
                ? now.minus(Durations.parse(text.substring(1)))
                : Instant.parse(text));
      } catch (IllegalArgumentException | ConfigException | DateTimeException e) {
        throw new IllegalArgumentException(
            "a time of a replay is \""
                + Texts.shortened(text, 80)
                + "\"; it must be now, a duration before it such as -30m, or an RFC 3339 time",
            e);
      }
    }
  }

  /**
   * Keys whose values cannot refer to the trigger, because it could then choose the destination.
   */
  List<String> FIXED =
      List.of("url", "selector", "configuration", "destination", "bucket", "hub", "variable");

  /** Reads rule actions. */
  public final class Reader {
    private static final Section NOTIFY = new Section("notify", "Alert for Alertmanagers.");
    private static final Key<Map<String, String>> LABELS =
        NOTIFY.key(
            "labels",
            Type.map(Type.STRING),
            Map.of(),
            "Labels; alertname defaults to the name of the rule.");
    private static final Key<Map<String, String>> ANNOTATIONS =
        NOTIFY.key("annotations", Type.map(Type.STRING), Map.of(), "Annotations.");
    private static final Key<Duration> NOTIFY_DURATION =
        NOTIFY.key(
            "duration",
            Type.DURATION,
            Duration.ofHours(1),
            "Time after which it ends where the trigger has not.");

    private static final Section WEBHOOK = new Section("webhook", "Request to a program.");
    private static final Key<String> URL =
        WEBHOOK.required("url", Type.STRING, "URL with http or https.");
    private static final Key<String> METHOD =
        WEBHOOK.key(
            "method",
            Type.oneOf("method", List.of("POST", "PUT", "PATCH")),
            "POST",
            "POST, PUT or PATCH.");
    private static final Key<Map<String, String>> HEADERS =
        WEBHOOK.key("headers", Type.map(Type.STRING), Map.of(), "Headers.");
    private static final Key<String> BODY =
        WEBHOOK.key("body", Type.STRING, "", "Body; the event as JSON by default.");

    private static final Section VARIABLE = new Section("set_variable", "Change of a variable.");
    private static final Key<String> HUB = VARIABLE.required("hub", Type.STRING, "Name of a hub.");
    private static final Key<String> NAME =
        VARIABLE.required("variable", Type.STRING, "Variable of it with a scalar type.");
    private static final Key<String> VALUE = VARIABLE.required("value", Type.STRING, "Value.");
    private static final Key<String> AFTER =
        VARIABLE.optional("after", Type.STRING, "Value when the trigger ends.");

    private static final Section ROLL_OUT = new Section("roll_out", "Rollout of a version.");
    private static final Key<String> CONFIGURATION =
        ROLL_OUT.required("configuration", Type.STRING, "Name of the configuration.");
    private static final Key<Long> VERSION =
        ROLL_OUT.key("version", Type.INT, 0L, "Version; 0 for the latest.");
    private static final Key<String> SELECTOR =
        ROLL_OUT.key("selector", Type.STRING, "", "Agents, such as env=prod.");
    private static final Key<Duration> SOAK =
        ROLL_OUT.key("soak", Type.DURATION, Guard.DEFAULT.soak(), "Observation of a stage.");
    private static final Key<Double> MAX_LOST =
        ROLL_OUT.key("max_lost", Type.FLOAT, Guard.DEFAULT.maxLost(), "Largest additional loss.");
    private static final Key<Long> MIN_ITEMS =
        ROLL_OUT.key("min_items", Type.INT, Guard.DEFAULT.minItems(), "Minimum items of a stage.");
    private static final Key<Double> MAX_MEMORY_GROWTH =
        ROLL_OUT.key(
            "max_memory_growth",
            Type.FLOAT,
            Guard.DEFAULT.maxMemoryGrowth(),
            "Largest relative growth of the memory of an agent; 0 for any.");
    private static final Key<Duration> MAX_QUEUE_AGE =
        ROLL_OUT.key(
            "max_queue_age",
            Type.DURATION,
            Guard.DEFAULT.maxQueueAge(),
            "Largest age of the oldest item in the queue of an exporter; 0s for any.");

    private static final Section REPLAY = new Section("replay", "Replay of objects in S3.");
    private static final Key<String> SIGNAL =
        REPLAY.required(
            "signal",
            Type.oneOf("signal", List.of("logs", "metrics", "traces")),
            "logs, metrics or traces.");
    private static final Key<String> FROM =
        REPLAY.key("from", Type.STRING, "-30m", "Begin: before the trigger, or RFC 3339.");
    private static final Key<String> TO =
        REPLAY.key("to", Type.STRING, "now", "End, in the same form.");
    private static final Key<String> BUCKET = REPLAY.required("bucket", Type.STRING, "Bucket.");
    private static final Key<String> REGION =
        REPLAY.key("region", Type.STRING, "us-east-1", "Region of the bucket.");
    private static final Key<String> PREFIX =
        REPLAY.key("prefix", Type.STRING, "", "Begin of the names of files.");
    private static final Key<String> PATH =
        REPLAY.key("path", Type.STRING, "", "Begin of the keys of objects.");
    private static final Key<String> PARTITION =
        REPLAY.key(
            "partition",
            Type.oneOf("partition", List.of("minute", "hour")),
            "minute",
            "Time of a folder: minute or hour.");
    private static final Key<String> DESTINATION =
        REPLAY.required("destination", Type.STRING, "Endpoint of OTLP over HTTP.");

    private static final Section ACTION = new Section("action", "Action of a rule.");
    private static final Key<RuleAction> OF_NOTIFY =
        ACTION.optional("notify", NOTIFY.type(Reader::alert), "Alert for Alertmanagers.");
    private static final Key<RuleAction> OF_WEBHOOK =
        ACTION.optional("webhook", WEBHOOK.type(Reader::request), "Request to a program.");
    private static final Key<RuleAction> OF_VARIABLE =
        ACTION.optional("set_variable", VARIABLE.type(Reader::variable), "Change of a variable.");
    private static final Key<RuleAction> OF_ROLL_OUT =
        ACTION.optional("roll_out", ROLL_OUT.type(Reader::rollOut), "Rollout of a version.");
    private static final Key<RuleAction> OF_REPLAY =
        ACTION.optional("replay", REPLAY.type(Reader::replay), "Replay of objects in S3.");
    private static final List<Key<RuleAction>> ALL =
        List.of(OF_NOTIFY, OF_WEBHOOK, OF_VARIABLE, OF_ROLL_OUT, OF_REPLAY);

    private Reader() {}

    /**
     * Reads an action.
     *
     * @throws ConfigException if it is invalid
     */
    static RuleAction read(Map<String, ?> tree) {
      String json = JsonMapper.shared().writeValueAsString(tree);
      YamlObject o = YamlDocument.parse("action", null, json).root().object(ACTION);
      List<RuleAction> found = new ArrayList<>();
      for (Key<RuleAction> k : ALL) {
        RuleAction a = o.find(k);
        if (a != null) {
          found.add(a);
        }
      }
      if (found.size() != 1) {
        throw o.error("must have one of notify, webhook, set_variable, roll_out and replay");
      }
      return found.getFirst();
    }

    private static RuleAction alert(YamlObject o) {
      if (o.get(NOTIFY_DURATION).isZero()) {
        throw o.error(NOTIFY_DURATION, "must be more than 0s");
      }
      return new Notify(o.get(LABELS), o.get(ANNOTATIONS), o.get(NOTIFY_DURATION));
    }

    private static RuleAction request(YamlObject o) {
      try {
        URI u = URI.create(o.get(URL));
        if (u.getHost() != null && List.of("http", "https").contains(u.getScheme())) {
          return new Webhook(u, o.get(METHOD), o.get(HEADERS), o.get(BODY));
        }
      } catch (IllegalArgumentException e) {
        // reported below
      }
      throw o.error(URL, "must be a URL with http or https");
    }

    private static RuleAction variable(YamlObject o) {
      return new SetVariable(o.get(HUB), o.get(NAME), o.get(VALUE), o.find(AFTER));
    }

    private static RuleAction rollOut(YamlObject o) {
      if (o.get(CONFIGURATION).startsWith(Packages.PREFIX)) {
        throw o.error(CONFIGURATION, "must be a configuration; packages are rolled out by users");
      }
      long version = o.get(VERSION);
      if (version < 0 || version > Integer.MAX_VALUE) {
        throw o.error(VERSION, "must be at least 0");
      }
      try {
        return new RollOut(
            o.get(CONFIGURATION),
            (int) version,
            Selector.parse(o.get(SELECTOR)),
            new Guard(
                Guard.DEFAULT.applyTimeout(),
                o.get(SOAK),
                o.get(MAX_LOST),
                "",
                o.get(MIN_ITEMS),
                Guard.DEFAULT.maxWait(),
                0,
                o.get(MAX_MEMORY_GROWTH),
                o.get(MAX_QUEUE_AGE)));
      } catch (IllegalArgumentException e) {
        throw o.error(String.valueOf(e.getMessage()));
      }
    }

    private static RuleAction replay(YamlObject o) {
      Replay r =
          new Replay(
              new ReplaySpec(
                  "",
                  "",
                  o.get(FROM),
                  o.get(TO),
                  o.get(SIGNAL),
                  o.get(REGION),
                  o.get(BUCKET),
                  o.get(PREFIX),
                  o.get(PATH),
                  o.get(PARTITION),
                  o.get(DESTINATION),
                  ""));
      try {
        r.request("check", Instant.EPOCH);
      } catch (IllegalArgumentException e) {
        throw o.error(String.valueOf(e.getMessage()));
      }
      return r;
    }
  }
}
