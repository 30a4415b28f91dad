package dev.tethys.control.mdai;

import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Replay with all that it requires, of a resource or of a rule and the variable that triggered it.
 *
 * @param namespace namespace of the Secret with the S3 keys
 */
public record ReplayRequest(String name, String namespace, ReplaySpec spec) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  /**
   * A checked request.
   *
   * @throws IllegalArgumentException if a member is missing or wrong
   */
  public ReplayRequest {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of the replay must have 1 to 63 letters, digits, '.', '_' and '-', not \""
              + name.substring(0, Math.min(name.length(), 80))
              + "\"");
    }
    required("startTime", spec.start());
    required("endTime", spec.end());
    required("telemetryType (logs, metrics or traces)", spec.telemetry());
    required("source.s3.s3Bucket", spec.bucket());
    required("destination.otlpHttp.endpoint", spec.destination());
    if (!spec.telemetry().matches("logs|metrics|traces")) {
      throw new IllegalArgumentException(
          "telemetryType must be logs, metrics or traces, not " + spec.telemetry());
    }
  }

  private static void required(String name, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("the replay has no " + name);
    }
  }

  /** Creates a replay request from a resource. */
  public static ReplayRequest of(Resource.Replay r) {
    return new ReplayRequest(r.meta().name(), r.meta().namespace(), r.spec());
  }

  /**
   * Creates a replay from a rule; name, times and signal are in the variable that triggered it.
   *
   * @throws IllegalArgumentException if it has no such text
   */
  static ReplayRequest of(Resource.Hub hub, ReplaySpec s, HubEvent event) {
    JsonNode n = data(event, "replayName, startTime, endTime and telemetryType");
    return new ReplayRequest(
        n.path("replayName").asString(""),
        hub.meta().namespace(),
        new ReplaySpec(
            hub.meta().name(),
            s.statusVariable(),
            n.path("startTime").asString(s.start()),
            n.path("endTime").asString(s.end()),
            n.path("telemetryType").asString(s.telemetry()),
            s.region(),
            s.bucket(),
            s.prefix(),
            s.path(),
            s.partition(),
            s.destination(),
            s.secret()));
  }

  /**
   * Returns the name of the replay whose status triggered a rule; exceptions as for the other
   * method.
   */
  static String ended(HubEvent event) {
    String name = data(event, "replay_name").path("replay_name").asString("");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("the variable that triggered the rule has no replay_name");
    }
    return name;
  }

  private static JsonNode data(HubEvent event, String members) {
    if (event.subject().ofVariable()) {
      try {
        JsonNode data = JsonMapper.shared().readTree(event.payload()).path("data");
        JsonNode n = data.isString() ? JsonMapper.shared().readTree(data.stringValue()) : data;
        if (n.isObject()) {
          return n;
        }
      } catch (JacksonException e) {
        // reported below
      }
    }
    throw new IllegalArgumentException(
        "the rule must be triggered by a variable whose text is a JSON object with " + members);
  }
}
