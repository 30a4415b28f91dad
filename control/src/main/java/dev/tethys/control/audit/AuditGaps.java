package dev.tethys.control.audit;

import dev.tethys.control.state.StateFile;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Search for state in the data folder that the audit log does not explain.
 *
 * <p>Each change has an entry on disk before its state is. State without its entry therefore shows
 * that the log was emptied, removed, or has lost its last lines, which the chain of hashes cannot
 * detect.
 */
public final class AuditGaps {
  /** Name of the file of configurations in the data folder. */
  public static final String VERSIONS = "configurations.jsonl";

  /** Objects of a file that a text names; it counts the others. */
  private static final int MAX_NAMED = 3;

  /** Values of the log that are longer than this end with an ellipsis. */
  private static final String CUT = "…";

  /** State whose audit entry has not been seen yet. */
  private record Unexplained(String file, String name) {}

  /** No state. */
  static final AuditGaps NONE = new AuditGaps();

  private final Map<String, Unexplained> open = new LinkedHashMap<>(); // by key of its entry

  private AuditGaps() {}

  /**
   * Reads the state of a data folder; the entries of its log are to follow.
   *
   * @throws IOException if a file cannot be read or is damaged
   */
  static AuditGaps of(Path data) throws IOException {
    AuditGaps out = new AuditGaps();
    out.readVersions(data.resolve(VERSIONS));
    for (JsonNode p : read(data.resolve("packages.json")).path("packages")) {
      String name = p.path("name").asString("") + "/" + p.path("version").asString("");
      out.expect("package.add package/" + name, "packages.json", "package " + name);
    }
    out.readRollouts(data.resolve("rollouts.json"));
    out.readControls(data.resolve("controls.json"));
    out.readVariables(data.resolve("variables.json"));
    for (JsonNode r : read(data.resolve("replays.json")).path("replays")) {
      if (!r.path("ofResource").asBoolean(false)) { // those of resources are in their files
        String name = r.path("name").asString("");
        out.expect("replay " + name, "replays.json", "replay " + name);
      }
    }
    return out;
  }

  private void expect(String key, String file, String name) {
    open.putIfAbsent(key, new Unexplained(file, name));
  }

  private static JsonNode read(Path file) throws IOException {
    return new StateFile(file).read(n -> n);
  }

  private void readVersions(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    String all = Files.readString(file);
    int end = all.lastIndexOf('\n') + 1; // a line without an end was not acknowledged
    for (String line : all.substring(0, end).lines().toList()) {
      try {
        JsonNode v = JsonMapper.shared().readTree(line);
        String name = v.path("name").asString("") + "/" + v.path("number").asInt(0);
        expect("configuration.add configuration/" + name, file.getFileName() + "", name);
      } catch (JacksonException e) {
        throw new IOException(
            file + " is damaged (" + e.getMessage() + "); restore it from a backup", e);
      }
    }
  }

  private void readRollouts(Path file) throws IOException {
    for (JsonNode r : read(file).path("rollouts")) {
      String id = "rollout/" + r.path("id").asLong(0);
      String name = "rollout " + r.path("id").asLong(0);
      expect("rollout.start " + id, "rollouts.json", name);
      String state = r.path("state").asString("").toLowerCase(Locale.ROOT);
      if (!state.equals("running") && !state.equals("paused")) {
        expect("rollout." + state + " " + id, "rollouts.json", "state " + state + " of " + name);
      }
    }
  }

  private void readControls(Path file) throws IOException {
    for (JsonNode c : read(file).path("controls")) {
      for (Control one : ControlDocument.read(file.toString(), c.path("document").asString(""))) {
        expect(startOf(one.id(), one.startMillis()), "controls.json", "control " + one.id());
        if (c.path("ended").asLong(0) > 0) {
          expect("control.end control/" + one.id(), "controls.json", "end of control " + one.id());
        }
      }
    }
  }

  private static String startOf(String id, long startMillis) {
    return "control " + id + " " + startMillis;
  }

  private void readVariables(Path file) throws IOException {
    for (Map.Entry<String, JsonNode> hub : read(file).path("hubs").properties()) {
      for (Map.Entry<String, JsonNode> v : hub.getValue().properties()) {
        String name = hub.getKey() + "/" + v.getKey();
        expect("variable " + name, "variables.json", "variable " + name);
      }
    }
  }

  /** Processes the next entry of the log. */
  void take(JsonNode entry) {
    if (open.isEmpty()) {
      return;
    }
    String action = entry.path("action").asString("");
    String target = entry.path("target").asString("");
    JsonNode after = entry.path("after");
    open.remove(action + " " + target);
    switch (action) {
      case "control.start", "control.change" -> takeControl(target, after);
      case "replay.start", "mdai.replay" ->
          open.remove("replay " + target.substring(target.lastIndexOf('/') + 1));
      case "mdai.variable" -> open.remove("variable " + target.substring("hub/".length()));
      case "mdai.event" -> takeEvent(after);
      default -> {
        // an entry of another kind explains its action and target
      }
    }
  }

  private void takeControl(String target, JsonNode after) {
    String id = target.substring(target.indexOf('/') + 1);
    String text = after.path("control").asString("");
    String prefix = "control " + id + " ";
    open.keySet()
        .removeIf(
            k ->
                k.startsWith(prefix)
                    && (text.contains("\"startMillis\":" + k.substring(prefix.length()))
                        || !text.contains("\"startMillis\":") // of a log of before, or shortened
                        || text.endsWith(CUT)));
  }

  private void takeEvent(JsonNode after) {
    try {
      String variable =
          JsonMapper.shared()
              .readTree(after.path("payload").asString(""))
              .path("variableRef")
              .asString("");
      open.remove("variable " + after.path("hub_name").asString("") + "/" + variable);
    } catch (JacksonException e) { // shortened, or of an alert
      String payload = after.path("payload").asString("");
      String prefix = "variable " + after.path("hub_name").asString("") + "/";
      open.keySet()
          .removeIf(
              k ->
                  k.startsWith(prefix)
                      && payload.contains(
                          "\"variableRef\":\"" + k.substring(prefix.length()) + "\""));
    }
  }

  /**
   * Returns the states without an audit entry, one text per file; empty if the log explains all.
   */
  List<String> found() {
    Map<String, List<String>> byFile = new LinkedHashMap<>();
    open.values().forEach(u -> byFile.computeIfAbsent(u.file, k -> new ArrayList<>()).add(u.name));
    List<String> out = new ArrayList<>();
    byFile.forEach(
        (file, names) -> {
          int more = names.size() - MAX_NAMED;
          out.add(
              file
                  + ": no entry of the log explains "
                  + Texts.shortened(
                      String.join(", ", names.subList(0, Math.min(names.size(), MAX_NAMED))), 400)
                  + (more > 0 ? " and " + more + " more" : ""));
        });
    return out;
  }
}
