package dev.tethys.control.mdai;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.mdai.HubAction.KeyRef;
import dev.tethys.control.mdai.HubAction.Text;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads rule actions. */
final class ActionReader {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private static final Section KEY_REF = new Section("keyRef", "Entry of a Secret or ConfigMap.");
  private static final Key<String> REF_NAME =
      KEY_REF.key("name", Type.STRING, "", "Name of the object.");
  private static final Key<String> REF_KEY =
      KEY_REF.required("key", Type.STRING, "Key of the entry.");
  private static final Section FROM = new Section("valueFrom", "Place of a text.");
  private static final Key<KeyRef> SECRET =
      FROM.optional(
          "secretKeyRef",
          KEY_REF.type(o -> new KeyRef(true, o.get(REF_NAME), o.get(REF_KEY))),
          "Entry of a Secret.");
  private static final Key<KeyRef> CONFIG_MAP =
      FROM.optional(
          "configMapKeyRef",
          KEY_REF.type(o -> new KeyRef(false, o.get(REF_NAME), o.get(REF_KEY))),
          "Entry of a ConfigMap.");
  private static final Type<KeyRef> FROM_TYPE = FROM.type(ActionReader::from);
  private static final Section TEXT = new Section("text", "Text or a reference to it.");
  private static final Key<String> VALUE = TEXT.optional("value", Type.STRING, "Text.");
  private static final Key<KeyRef> VALUE_FROM =
      TEXT.optional("valueFrom", FROM_TYPE, "Place of the text.");
  private static final Type<Text> TEXT_TYPE = TEXT.type(ActionReader::text);

  private static final Section WEBHOOK = new Section("callWebhook", "Request.");
  private static final Key<Text> URL = WEBHOOK.required("url", TEXT_TYPE, "Address.");
  private static final Key<String> METHOD =
      WEBHOOK.key(
          "method", Type.oneOf("method", List.of("POST", "PUT", "PATCH")), "POST", "Method.");
  private static final Key<String> TEMPLATE =
      WEBHOOK.required(
          "templateRef",
          Type.oneOf("templateRef", List.of("slackAlertTemplate", "jsonTemplate")),
          "Kind of the body.");
  private static final Key<Text> PAYLOAD =
      WEBHOOK.optional("payloadTemplate", TEXT_TYPE, "Template of the body.");
  private static final Key<Map<String, String>> VALUES =
      WEBHOOK.key("templateValues", Type.map(Type.STRING), Map.of(), "Texts for the template.");
  private static final Key<Map<String, KeyRef>> VALUES_FROM =
      WEBHOOK.key("templateValuesFrom", Type.map(FROM_TYPE), Map.of(), "Places of texts.");
  private static final Key<Map<String, String>> HEADERS =
      WEBHOOK.key("headers", Type.map(Type.STRING), Map.of(), "Headers.");
  private static final Key<Map<String, KeyRef>> HEADERS_FROM =
      WEBHOOK.key("headersFrom", Type.map(FROM_TYPE), Map.of(), "Places of headers.");
  private static final Key<Duration> WAIT =
      WEBHOOK.key(
          "timeout",
          Type.of("duration", null, n -> n.parse(GoDurations::parse)),
          TIMEOUT,
          "Longest time of the request.");

  private static final Section SET = new Section("set action", "Element of a set.");
  private static final Key<String> SET_NAME = SET.required("set", Type.STRING, "Variable.");
  private static final Key<String> SET_VALUE = SET.required("value", Type.STRING, "Element.");
  private static final Section SCALAR = new Section("setVariable", "Value of a scalar.");
  private static final Key<String> SCALAR_NAME =
      SCALAR.required("scalar", Type.STRING, "Variable.");
  private static final Key<String> SCALAR_VALUE = SCALAR.required("value", Type.STRING, "Value.");
  private static final Section MAP = new Section("map action", "Entry of a map.");
  private static final Key<String> MAP_NAME = MAP.required("map", Type.STRING, "Variable.");
  private static final Key<String> MAP_KEY = MAP.required("key", Type.STRING, "Key.");
  private static final Key<String> MAP_VALUE = MAP.key("value", Type.STRING, "", "Value.");
  private static final Section DEPLOY = new Section("deployReplay", "Replay.");
  private static final Key<ReplaySpec> REPLAY_SPEC =
      DEPLOY.required("replaySpec", ResourceReader.REPLAY_TYPE, "Replay.");
  private static final Section CLEAN = new Section("cleanUpReplay", "End of a replay.");

  private static final Section ACTION = new Section("action", "Action of a rule.");
  private static final List<Key<? extends HubAction>> KINDS =
      List.of(
          ACTION.optional(
              "setVariable",
              SCALAR.type(
                  o -> new HubAction.SetVariable(name(o, SCALAR_NAME), name(o, SCALAR_VALUE))),
              "Sets a scalar."),
          ACTION.optional("addToSet", SET.type(o -> set(o, true)), "Adds an element."),
          ACTION.optional("removeFromSet", SET.type(o -> set(o, false)), "Removes an element."),
          ACTION.optional("addToMap", MAP.type(o -> map(o, true)), "Sets an entry."),
          ACTION.optional("removeFromMap", MAP.type(o -> map(o, false)), "Removes an entry."),
          ACTION.optional("callWebhook", WEBHOOK.type(ActionReader::webhook), "Sends a request."),
          ACTION.optional(
              "deployReplay",
              DEPLOY.type(o -> new HubAction.DeployReplay(o.get(REPLAY_SPEC))),
              "Starts a replay."),
          ACTION.optional(
              "cleanUpReplay", CLEAN.type(o -> new HubAction.CleanUpReplay()), "Ends a replay."));

  /** Action: a map with one key. */
  static final Type<HubAction> TYPE = ACTION.type(ActionReader::action);

  private ActionReader() {}

  private static HubAction action(YamlObject o) {
    HubAction out = null;
    for (Key<? extends HubAction> k : KINDS) {
      YamlNode at = o.at(k);
      if (at == null) {
        continue;
      }
      if (out != null) {
        throw o.error("an action has one key; add further actions as separate entries");
      }
      HubAction a = o.find(k);
      out = a == null ? k.type().read(at) : a;
    }
    if (out == null) {
      throw o.error("an action is required");
    }
    return out;
  }

  private static String name(YamlObject o, Key<String> key) {
    String text = o.get(key);
    if (text.isEmpty()) {
      throw o.error(key, "must not be empty");
    }
    return text;
  }

  private static HubAction.ChangeSet set(YamlObject o, boolean add) {
    return new HubAction.ChangeSet(name(o, SET_NAME), name(o, SET_VALUE), add);
  }

  private static HubAction.ChangeMap map(YamlObject o, boolean add) {
    return new HubAction.ChangeMap(name(o, MAP_NAME), name(o, MAP_KEY), o.get(MAP_VALUE), add);
  }

  private static KeyRef from(YamlObject o) {
    KeyRef secret = o.find(SECRET);
    KeyRef map = o.find(CONFIG_MAP);
    if ((secret == null) == (map == null)) {
      throw o.error("exactly one of secretKeyRef and configMapKeyRef is required");
    }
    return Objects.requireNonNull(secret == null ? map : secret);
  }

  private static Text text(YamlObject o) {
    String value = o.find(VALUE);
    KeyRef from = o.find(VALUE_FROM);
    if ((value == null) == (from == null)) {
      throw o.error("exactly one of value and valueFrom is required");
    }
    return new Text(value, from);
  }

  private static HubAction.CallWebhook webhook(YamlObject o) {
    boolean slack = o.get(TEMPLATE).equals("slackAlertTemplate");
    Text payload = o.find(PAYLOAD);
    if (!slack && payload == null) {
      throw o.error("payloadTemplate is required for jsonTemplate");
    }
    Duration timeout = o.get(WAIT);
    if (timeout.isZero() || timeout.isNegative() || timeout.compareTo(LONGEST) > 0) {
      throw o.error(WAIT, "must be more than 0s and at most 1m");
    }
    return new HubAction.CallWebhook(
        o.get(URL),
        o.get(METHOD),
        slack,
        payload,
        texts(o.get(VALUES), o.get(VALUES_FROM)),
        texts(o.get(HEADERS), o.get(HEADERS_FROM)),
        timeout);
  }

  /** Merges strings of both kinds; written ones take priority. */
  private static Map<String, Text> texts(Map<String, String> written, Map<String, KeyRef> from) {
    Map<String, Text> out = new LinkedHashMap<>();
    from.forEach((k, v) -> out.put(k, new Text(null, v)));
    written.forEach((k, v) -> out.put(k, new Text(v, null)));
    return out;
  }
}
